import { isDeepStrictEqual } from 'node:util'
import {
  ANNOTATIONS, INIT_CONTAINER_NAME, INJECTED_LABEL, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME, PULL_SECRET_NAME
} from '../../common/contract.ts'
import { EMPTY_VOLUME, PROPAGATE_VOLUME, SHARED_VOLUME } from './containers.ts'
import type { Operation, ReplaceOperation } from '../operation.ts'
import { SAFE_TO_EVICT, withoutOurVolumes } from './eviction.ts'
import { configOf, isOurContainer, isOurVolume } from './ours.ts'
import type { Pod } from './pod.ts'
import { keepsPropagation, withoutPropagation } from './verify-propagate.ts'

type Json = Readonly<Record<string, unknown>>

const CONTAINER = '^/spec/(?:containers|initContainers)/\\d+'
const HOOK = '(?:livenessProbe|readinessProbe|startupProbe|lifecycle/postStart|lifecycle/preStop)'
const PROBE_PORT = new RegExp(`${CONTAINER}/${HOOK}/(?:httpGet|tcpSocket|grpc)/port$`)
const PORT_NAME = new RegExp(`${CONTAINER}/ports/\\d+/name$`)
/** Where a mesh has written down what the probes were. */
const PROBERS = new RegExp(`${CONTAINER}/env/\\d+/value$`)
const IANA_NAME = /^(?=.{1,15}$)(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*$/

/**
 * Compares a pod before and after the patch of an injection: ours must be there, first and in order, and without ours
 * nothing may differ.
 *
 * @returns what is wrong, or undefined.
 */
export function findInjectionFault (before: unknown, after: unknown, patch: readonly Operation[]): string | undefined {
  const spec = child(after, 'spec')
  const mode = configOf(after as Pod)?.mode
  const names = list(spec, 'initContainers').map(nameOf)
  const isPropagating = names.includes(PROPAGATE_CONTAINER_NAME)
  const expected = [
    ...mode === 'named-port' ? [] : [INIT_CONTAINER_NAME],
    ...isPropagating ? [PROPAGATE_CONTAINER_NAME] : [],
    PROXY_CONTAINER_NAME
  ]
  if (expected.some((name, index) => names[index] !== name)) return 'our containers are not in front'
  const volumes = list(spec, 'volumes').map(nameOf)
  if (!volumes.includes(SHARED_VOLUME) || !volumes.includes(EMPTY_VOLUME)) return 'our volumes are missing'
  if (volumes.includes(PROPAGATE_VOLUME) !== isPropagating) return 'a volume of ours has nobody who fills it'
  if (typeof annotationsOf(after)[ANNOTATIONS.status] !== 'string') return 'the status is missing'
  return findOtherChange(before, after, patch, mode === 'named-port' ? isPinned : isProbePort)
}

/**
 * The same of a copy that only carries headers on: what does it must be there, first, and nothing else of ours.
 *
 * @returns what is wrong, or undefined.
 */
export function findPropagationFault (
  before: unknown, after: unknown, patch: readonly Operation[]
): string | undefined {
  const spec = child(after, 'spec')
  const names = list(spec, 'initContainers').map(nameOf)
  const isAlone = names.filter(isOurContainer).length === 1
  if (names[0] !== PROPAGATE_CONTAINER_NAME || !isAlone) return 'our container is not in front'
  const volumes = list(spec, 'volumes').map(nameOf)
  if (!volumes.includes(PROPAGATE_VOLUME) || !volumes.includes(EMPTY_VOLUME)) return 'our volumes are missing'
  if (annotationsOf(after)[ANNOTATIONS.status] !== annotationsOf(before)[ANNOTATIONS.status]) return 'it has a status'
  const label = (pod: unknown): unknown => child(child(pod, 'metadata'), 'labels')[INJECTED_LABEL]
  if (label(after) !== label(before)) return 'it looks injected'
  // No sidecar says whether the pod has the Secret from us.
  return findOtherChange(before, after, patch, () => false, PULL_SECRET_NAME)
}

/**
 * Compares a pod before and after the patch of a withdrawal: nothing of ours may be left, and without ours nothing may
 * differ.
 *
 * @returns what is wrong, or undefined.
 */
export function findWithdrawalFault (before: unknown, after: unknown, patch: readonly Operation[]): string | undefined {
  const spec = child(after, 'spec')
  if (list(spec, 'initContainers').map(nameOf).some(isOurContainer)) return 'a container of ours is left'
  if (list(spec, 'volumes').map(nameOf).some(isOurVolume)) return 'a volume of ours is left'
  const containers = list(child(before, 'spec'), 'containers')
  if (list(spec, 'containers').some((container, index) => keepsPropagation(containers[index], container))) {
    return 'a variable or a mount of ours is left'
  }
  if (ANNOTATIONS.status in annotationsOf(after)) return 'the status is left'
  if (INJECTED_LABEL in child(child(after, 'metadata'), 'labels')) return 'the label is left'
  return findOtherChange(before, after, patch, operation => isPinned(operation) || PROBERS.test(operation.path))
}

function isProbePort ({ path, value }: ReplaceOperation): boolean {
  return typeof value === 'number' && PROBE_PORT.test(path)
}

/** In the mode `named-port` ports change their names, too. */
function isPinned (operation: ReplaceOperation): boolean {
  const { path, value } = operation
  return isProbePort(operation) || (typeof value === 'string' && IANA_NAME.test(value) && PORT_NAME.test(path))
}

function findOtherChange (
  before: unknown, after: unknown, patch: readonly Operation[], mayReplace: (operation: ReplaceOperation) => boolean,
  // Whichever of the two is the injected one says it.
  pullSecret = (configOf(before as Pod) ?? configOf(after as Pod))?.pullSecret
): string | undefined {
  const replacing = patch.filter(operation => operation.op === 'replace')
  if (!replacing.every(mayReplace)) return 'the patch replaces more than it should'
  const replaced = replacing.map(({ path }) => path)
  return isDeepStrictEqual(withoutOurs(before, replaced, pullSecret), withoutOurs(after, replaced, pullSecret))
    ? undefined
    : 'the patch changes more than it should'
}

/** The pod with what injection and withdrawal may change levelled out. */
function withoutOurs (pod: unknown, replaced: readonly string[], pullSecret: string | undefined): Json {
  const spec = child(pod, 'spec')
  const metadata = child(pod, 'metadata')
  const annotations = {
    ...child(metadata, 'annotations'),
    [ANNOTATIONS.status]: '',
    [SAFE_TO_EVICT]: withoutOurVolumes(annotationsOf(pod)[SAFE_TO_EVICT] as string | undefined)
  }
  const labels = { ...child(metadata, 'labels'), [INJECTED_LABEL]: '' }
  const levelled: Json = {
    ...pod as Json,
    metadata: { ...metadata, annotations, labels },
    spec: {
      ...spec,
      containers: list(spec, 'containers').map(withoutPropagation),
      initContainers: list(spec, 'initContainers').filter(container => !isOurContainer(nameOf(container))),
      imagePullSecrets: list(spec, 'imagePullSecrets').filter(secret => nameOf(secret) !== pullSecret),
      volumes: list(spec, 'volumes').filter(volume => !isOurVolume(nameOf(volume)))
    }
  }
  return replaced.reduce((copy, path) => cleared(copy, path.split('/').slice(1)) as Json, levelled)
}

/**
 * A copy with one value cleared, which shares all else with the pod. Paths hold the places of containers where ours are
 * not among them.
 */
function cleared (node: unknown, [segment, ...rest]: readonly string[]): unknown {
  if (segment === undefined) return 0
  if (typeof node !== 'object' || node === null) return node
  if (!Array.isArray(node)) return { ...node, [segment]: cleared((node as Json)[segment], rest) }
  const items: readonly unknown[] = node
  return items.map((item, index) => String(index) === segment ? cleared(item, rest) : item)
}

function annotationsOf (pod: unknown): Json {
  return child(child(pod, 'metadata'), 'annotations')
}

function child (value: unknown, name: string): Json {
  return ((value as Json | null | undefined)?.[name] ?? {}) as Json
}

function list (value: Json, name: string): readonly unknown[] {
  return (value[name] ?? []) as readonly unknown[]
}

function nameOf (value: unknown): string {
  return String((value as Json)['name'])
}
