import {
  ANNOTATION_PREFIX, ANNOTATIONS, INJECT_LABEL, PROPAGATE_LANGUAGES, type PropagateLanguage
} from '../../common/contract.ts'
import { SECRET_NAME, type InjectionMode, type RedirectMode } from '../../common/injected.ts'
import { SkipSignal } from './skip.ts'

/** What the pod's annotations (and the namespace's, as defaults) ask for. */
export type Wishes = {
  readonly mode: InjectionMode
  /** Instead of the declared ports. */
  readonly ports?: readonly PortWish[]
  /** For all ports that say nothing of their own. */
  readonly redirect?: RedirectMode
  readonly probes: 'detour' | 'keep'
  /** Whether requests get their caller's address appended to X-Forwarded-For. */
  readonly forwardedFor: boolean
  readonly tlsSecrets?: TlsWish
  /** Of the app, which gets instrumentation that carries headers on. */
  readonly propagate?: PropagateLanguage
  readonly sidecarCpu?: string
  readonly sidecarMemory?: string
}

/** Which Secrets open the TLS of which ports. */
export type TlsWish =
  | { readonly kind: 'by-port', readonly secrets: ReadonlyMap<number, string> }
  /** One for the ports that carry TLS. `isDefault`: the namespace says so, of all its pods. */
  | { readonly kind: 'one', readonly secret: string, readonly isDefault: boolean }

export type PortWish = { readonly port: number, readonly redirect?: RedirectMode }

type Annotations = Readonly<Record<string, string>>

// Ours on a pod. The status is there on a template that was copied from a pod.
const POD_KEYS: readonly string[] = [
  ANNOTATIONS.ports, ANNOTATIONS.redirect, ANNOTATIONS.probes, ANNOTATIONS.mode, ANNOTATIONS.tlsSecret,
  ANNOTATIONS.forwardedFor, ANNOTATIONS.propagate, ANNOTATIONS.sidecarCpu, ANNOTATIONS.sidecarMemory,
  ANNOTATIONS.status
]
// The pod's as defaults, and the namespace's own.
const NAMESPACE_KEYS: readonly string[] = Object.values(ANNOTATIONS)

// Kubernetes' resource.Quantity, without exponents, which nobody writes by hand.
const QUANTITY = /^\d+(\.\d+)?(m|k|M|G|Ki|Mi|Gi)?$/

/**
 * Reads the annotations under `waylay.dev/`. The pod's own win over the namespace's.
 *
 * @throws {SkipSignal} for an unknown key or value: never guessed.
 */
export function readWishes (podAnnotations: Annotations, namespaceAnnotations: Annotations): Wishes {
  refuseUnknownKeys(podAnnotations, POD_KEYS)
  refuseUnknownKeys(namespaceAnnotations, NAMESPACE_KEYS)
  const read = (key: string): string | undefined => podAnnotations[key] ?? namespaceAnnotations[key]
  const mode = readChoice<InjectionMode>(read, ANNOTATIONS.mode, ['iptables', 'named-port'])
  const ports = read(ANNOTATIONS.ports)
  const redirect = readChoice(read, ANNOTATIONS.redirect, ['always', 'on-demand'])
  const tlsSecrets = readTlsWish(read(ANNOTATIONS.tlsSecret), podAnnotations[ANNOTATIONS.tlsSecret] === undefined)
  const propagate = readChoice(read, ANNOTATIONS.propagate, [...PROPAGATE_LANGUAGES, 'none'])
  const sidecarCpu = readQuantity(read, ANNOTATIONS.sidecarCpu)
  const sidecarMemory = readQuantity(read, ANNOTATIONS.sidecarMemory)
  return {
    mode: mode ?? 'iptables',
    probes: readChoice(read, ANNOTATIONS.probes, ['detour', 'keep']) ?? 'detour',
    forwardedFor: readChoice(read, ANNOTATIONS.forwardedFor, ['append']) === 'append',
    ...(ports !== undefined && { ports: readPortWishes(ports) }),
    ...(redirect !== undefined && { redirect }),
    ...(tlsSecrets !== undefined && { tlsSecrets }),
    ...(propagate !== undefined && propagate !== 'none' && { propagate }),
    ...(sidecarCpu !== undefined && { sidecarCpu }),
    ...(sidecarMemory !== undefined && { sidecarMemory })
  }
}

function refuseUnknownKeys (annotations: Annotations, known: readonly string[]): void {
  const unknown = Object.keys(annotations).find(key =>
    key.startsWith(ANNOTATION_PREFIX) && !known.includes(key))
  if (unknown === undefined) return
  // A label written as an annotation is the likely slip, and the words "unknown" would help nobody.
  if (unknown === INJECT_LABEL) {
    const value = annotations[unknown] ?? ''
    throw new SkipSignal({ kind: 'unknown-value', key: unknown, value, allowed: 'none, it is a label' })
  }
  throw new SkipSignal({ kind: 'unknown-annotation', key: unknown })
}

function readChoice<T extends string> (
  read: (key: string) => string | undefined, key: string, allowed: readonly T[]
): T | undefined {
  const value = read(key)
  if (value === undefined) return undefined
  const choice = allowed.find(item => item === value)
  if (choice === undefined) throw new SkipSignal({ kind: 'unknown-value', key, value, allowed: allowed.join(', ') })
  return choice
}

function readQuantity (read: (key: string) => string | undefined, key: string): string | undefined {
  const value = read(key)
  if (value === undefined || QUANTITY.test(value)) return value
  throw new SkipSignal({ kind: 'unknown-value', key, value, allowed: 'a quantity such as 100m or 128Mi' })
}

function readPortWishes (value: string): readonly PortWish[] {
  const refuse = (): SkipSignal => new SkipSignal({
    kind: 'unknown-value', key: ANNOTATIONS.ports, value, allowed: 'port numbers such as 8080,6379=on-demand'
  })
  const wishes = value.split(',').map(item => {
    const parsed = /^(\d{1,5})(?:=(always|on-demand))?$/.exec(item.trim())
    const port = Number(parsed?.[1])
    if (parsed === null || port < 1 || port > 65535) throw refuse()
    const redirect = parsed[2] as RedirectMode | undefined
    return { port, ...(redirect !== undefined && { redirect }) }
  })
  // Which of two would count is a guess.
  if (new Set(wishes.map(({ port }) => port)).size < wishes.length) throw refuse()
  return wishes
}

function readTlsWish (value: string | undefined, isDefault: boolean): TlsWish | undefined {
  if (value === undefined) return undefined
  if (SECRET_NAME.test(value)) return { kind: 'one', secret: value, isDefault }
  const refuse = (): SkipSignal =>
    badTlsSecret(value, 'the name of a Secret such as my-cert, or 8443=my-cert,9443=other')
  const secrets = value.split(',').map(item => {
    const [, port = '', secret = ''] = /^(\d{1,5})=(.*)$/.exec(item.trim()) ?? []
    const isGood = Number(port) >= 1 && Number(port) <= 65535 && SECRET_NAME.test(secret)
    if (!isGood) throw refuse()
    return [Number(port), secret] as const
  })
  const byPort = new Map(secrets)
  if (byPort.size < secrets.length) throw refuse()
  return { kind: 'by-port', secrets: byPort }
}

/** @param allowed what would be a value, for the warning. */
export function badTlsSecret (value: string, allowed: string): SkipSignal {
  return new SkipSignal({ kind: 'unknown-value', key: ANNOTATIONS.tlsSecret, value, allowed })
}
