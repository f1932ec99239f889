import type { FieldRef, PodDetail } from '../cluster/pod-spec.ts'

/**
 * The value of a `fieldRef`; undefined where Kubernetes knows no such field. An address that is not there yet is empty.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/fieldpath/fieldpath.go
 */
export function fieldValue ({ fieldPath }: FieldRef, { metadata, spec, status }: PodDetail): string | undefined {
  const [, map, key] = /^metadata\.(annotations|labels)\['([^]*)'\]$/.exec(fieldPath) ?? []
  if (key !== undefined) return ownValue(metadata[map as 'annotations' | 'labels'], key)
  const ips = (list: readonly { readonly ip: string }[] | undefined, first: string | undefined): string =>
    list?.map(({ ip }) => ip).join(',') ?? first ?? ''
  switch (fieldPath) {
    case 'metadata.name': return metadata.name
    case 'metadata.namespace': return metadata.namespace
    case 'metadata.uid': return metadata.uid
    case 'metadata.labels': return formatMap(metadata.labels)
    case 'metadata.annotations': return formatMap(metadata.annotations)
    case 'spec.nodeName': case 'spec.host': return spec.nodeName ?? ''
    case 'spec.serviceAccountName': return spec.serviceAccountName ?? ''
    case 'status.hostIP': return status.hostIP ?? ''
    case 'status.hostIPs': return ips(status.hostIPs, status.hostIP)
    case 'status.podIP': return status.podIP ?? ''
    case 'status.podIPs': return ips(status.podIPs, status.podIP)
    default: return undefined
  }
}

/** One line for each, sorted, the values quoted as Go does: what the kubelet writes into files. */
export function formatMap (map: Readonly<Record<string, string>> = {}): string {
  return Object.keys(map).sort().map(key => `${key}=${quote(map[key] ?? '')}`).join('\n')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\', '"': '\\"'
}

/** `strconv.Quote`: what cannot be printed is escaped. */
function quote (text: string): string {
  return `"${text.replaceAll(/[\\"]|[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, char => ESCAPES[char] ?? escapeCode(char))}"`
}

function escapeCode (char: string): string {
  const code = char.codePointAt(0) ?? 0
  const hex = (digits: number): string => code.toString(16).padStart(digits, '0')
  if (code < 0x80) return `\\x${hex(2)}`
  return code < 0x10000 ? `\\u${hex(4)}` : `\\U${hex(8)}`
}

// Not map[key]: "constructor" is a valid name of a label.
function ownValue (map: Readonly<Record<string, string>> | undefined, key: string): string {
  return map !== undefined && Object.hasOwn(map, key) ? map[key] ?? '' : ''
}
