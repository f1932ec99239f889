import { ANNOTATIONS, INJECTED_LABEL } from '../../common/contract.ts'
import type { Detour } from '../../common/injected.ts'
import { escapeSegment, type AddOperation, type Operation, type RemoveOperation } from '../operation.ts'
import { SAFE_TO_EVICT, withoutOurVolumes } from './eviction.ts'
import { meshProberOperations } from './mesh-probers.ts'
import { returnNames } from './named-port.ts'
import { configOf, isOurContainer, isOurVolume } from './ours.ts'
import type { Pod } from './pod.ts'
import { returnProbes } from './probes.ts'
import { returnVariables } from './propagate.ts'

/**
 * Takes everything of ours out of an injected pod: another webhook, which was asked after us, has made it a pod that we
 * cannot be in. Undefined where the pod does not say what was done to it; then it stays as it is.
 */
export function planWithdrawal (pod: Pod): readonly Operation[] | undefined {
  const config = configOf(pod)
  if (config === undefined) return undefined
  const bare = { ...pod, spec: { ...pod.spec, initContainers: (pod.spec.initContainers ?? []).filter(isForeign) } }
  return [
    ...removeItems('/spec/initContainers', pod.spec.initContainers, ({ name }) => isOurContainer(name)),
    ...removeItems('/spec/volumes', pod.spec.volumes, ({ name }) => isOurVolume(name)),
    ...removeItems('/spec/imagePullSecrets', pod.spec.imagePullSecrets, ({ name }) => name === config.pullSecret),
    ...removeMember('/metadata/annotations', pod.metadata?.annotations, ANNOTATIONS.status),
    ...removeMember('/metadata/labels', pod.metadata?.labels, INJECTED_LABEL),
    ...returnEviction(pod),
    ...returnVariables(pod),
    // Probes last: their paths hold the places of containers after ours moved out.
    ...returnPorts(bare, config.detours),
    ...returnNames(bare, config.renamed)
  ]
}

function returnPorts (bare: Pod, detours: readonly Detour[]): readonly Operation[] {
  const appPorts = new Map(detours.map(({ port, to }) => [port, to]))
  return [...returnProbes(bare, appPorts), ...meshProberOperations(bare, appPorts)]
}

function isForeign ({ name }: { readonly name: string }): boolean {
  return !isOurContainer(name)
}

/** From the end, so that each removal leaves the places before it as they are; a list of ours alone goes whole. */
function removeItems<T> (
  path: string, items: readonly T[] | null | undefined, isOurs: (item: T) => boolean
): readonly RemoveOperation[] {
  const places = (items ?? []).flatMap((item, index) => isOurs(item) ? [index] : [])
  if (places.length > 0 && places.length === items?.length) return [{ op: 'remove', path }]
  return places.reverse().map(index => ({ op: 'remove', path: `${path}/${index}` }))
}

function removeMember (path: string, members: object | null | undefined, key: string): readonly RemoveOperation[] {
  return members != null && key in members ? [{ op: 'remove', path: `${path}/${escapeSegment(key)}` }] : []
}

function returnEviction ({ metadata }: Pod): readonly (AddOperation | RemoveOperation)[] {
  const appValue = withoutOurVolumes(metadata?.annotations?.[SAFE_TO_EVICT])
  if (appValue === undefined) return removeMember('/metadata/annotations', metadata?.annotations, SAFE_TO_EVICT)
  return [{ op: 'add', path: `/metadata/annotations/${escapeSegment(SAFE_TO_EVICT)}`, value: appValue }]
}
