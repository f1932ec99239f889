import { isDeepStrictEqual } from 'node:util'
import { ANNOTATIONS, INIT_CONTAINER_NAME, INJECTED_LABEL, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { EMPTY_VOLUME, SHARED_VOLUME } from './containers.ts'
import type { Operation } from '../operation.ts'
import { TLS_VOLUME_PREFIX } from './tls.ts'

type Json = Readonly<Record<string, unknown>>

/**
 * Compares a pod before and after the patch: ours must be there, first and in order, and without ours nothing may
 * differ.
 *
 * @returns what is wrong, or undefined.
 */
export function findInjectionFault (before: unknown, after: unknown, patch: readonly Operation[]): string | undefined {
  const spec = child(after, 'spec')
  const names = list(spec, 'initContainers').map(nameOf)
  if (names[0] !== INIT_CONTAINER_NAME || names[1] !== PROXY_CONTAINER_NAME) return 'our containers are not in front'
  const volumes = list(spec, 'volumes').map(nameOf)
  if (!volumes.includes(SHARED_VOLUME) || !volumes.includes(EMPTY_VOLUME)) return 'our volumes are missing'
  if (typeof child(child(after, 'metadata'), 'annotations')[ANNOTATIONS.status] !== 'string') return 'the status is missing'
  const probes = patch.filter(({ op }) => op === 'replace').map(({ path }) => path)
  return isDeepStrictEqual(withoutOurs(before, probes), withoutOurs(withoutOurContainers(after), probes))
    ? undefined
    : 'the patch changes more than it should'
}

function withoutOurContainers (pod: unknown): Json {
  const spec = child(pod, 'spec')
  return { ...child(pod, ''), spec: { ...spec, initContainers: list(spec, 'initContainers').slice(2) } }
}

/** The pod with what injection may change levelled out. */
function withoutOurs (pod: unknown, probePaths: readonly string[]): Json {
  const copy = structuredClone(pod) as Json
  for (const path of probePaths) clearPort(copy, path)
  const spec = child(copy, 'spec')
  const metadata = child(copy, 'metadata')
  const annotations = { ...child(metadata, 'annotations'), [ANNOTATIONS.status]: '' }
  const labels = { ...child(metadata, 'labels'), [INJECTED_LABEL]: '' }
  const volumes = list(spec, 'volumes').filter(volume => !isOurVolume(nameOf(volume)))
  return {
    ...copy,
    metadata: { ...metadata, annotations, labels },
    spec: { ...spec, initContainers: list(spec, 'initContainers'), volumes }
  }
}

function isOurVolume (name: string): boolean {
  return name === SHARED_VOLUME || name === EMPTY_VOLUME || name.startsWith(TLS_VOLUME_PREFIX)
}

// The paths are as they were before our containers moved in, which is why those are taken out first.
function clearPort (pod: Json, path: string): void {
  const segments = path.split('/').slice(1)
  const last = segments.pop() ?? ''
  const parent = segments.reduce<unknown>((node, segment) => (node as Json | undefined)?.[segment], pod)
  if (parent !== undefined) Object.assign(parent as object, { [last]: 0 })
}

function child (value: unknown, name: string): Json {
  const found = name === '' ? value : (value as Json | undefined)?.[name]
  return (found ?? {}) as Json
}

function list (value: Json, name: string): readonly unknown[] {
  return (value[name] ?? []) as readonly unknown[]
}

function nameOf (value: unknown): string {
  return String((value as Json)['name'])
}
