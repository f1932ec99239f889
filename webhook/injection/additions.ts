import { ANNOTATIONS, INJECTED_LABEL } from '../../common/contract.ts'
import type { InjectionStatus } from '../../common/injected.ts'
import { escapeSegment, type AddOperation } from '../operation.ts'
import { SAFE_TO_EVICT, withOurVolumes } from './eviction.ts'
import type { Pod } from './pod.ts'

/** What a pod gets besides moved probes. */
export type Additions = {
  readonly containers: readonly object[]
  readonly volumes: readonly { readonly name: string }[]
  /** Of an injection; a pod without a sidecar has none. */
  readonly injected?: {
    readonly status: InjectionStatus
    /** The value of `INJECTED_LABEL`. */
    readonly admissionId: string
  }
  /** Reference to the Secret by which our images are pulled, where the pod does not have it. */
  readonly pullSecret?: string | undefined
}

/**
 * Adds to what is there. Our containers stand in front of the app's init containers, which keep their order: until the
 * first beat nothing is redirected anyway.
 */
export function addToPod (
  pod: Pod, { containers, volumes, injected, pullSecret }: Additions
): readonly AddOperation[] {
  return [
    ...addItems('/spec/initContainers', pod.spec.initContainers, containers, index => String(index)),
    ...addItems('/spec/volumes', pod.spec.volumes, volumes, () => '-'),
    ...(pullSecret === undefined ? [] : addPullSecret(pod, pullSecret)),
    ...addMembers('/metadata/annotations', pod.metadata?.annotations, {
      ...(injected !== undefined && { [ANNOTATIONS.status]: JSON.stringify(injected.status) }),
      [SAFE_TO_EVICT]: withOurVolumes(
        pod.metadata?.annotations?.[SAFE_TO_EVICT], volumes.map(({ name }) => name))
    }),
    ...(injected === undefined
      ? []
      : addMembers('/metadata/labels', pod.metadata?.labels, { [INJECTED_LABEL]: injected.admissionId }))
  ]
}

/** Behind the app's own, which stay. */
function addPullSecret ({ spec }: Pod, name: string): readonly AddOperation[] {
  return addItems('/spec/imagePullSecrets', spec.imagePullSecrets, [{ name }], () => '-')
}

function addMembers (
  path: string, existing: object | null | undefined, members: Readonly<Record<string, string>>
): readonly AddOperation[] {
  if (existing == null) return [{ op: 'add', path, value: members }]
  return Object.entries(members).map(([key, value]) => ({ op: 'add', path: `${path}/${escapeSegment(key)}`, value }))
}

/** Adds items to a list that may not be there. `place`: where in it, as the last segment of a JSON pointer. */
export function addItems (
  path: string,
  existing: readonly unknown[] | null | undefined,
  items: readonly object[],
  place: (index: number) => string
): readonly AddOperation[] {
  if (existing == null) return [{ op: 'add', path, value: items }]
  return items.map((value, index) => ({ op: 'add', path: `${path}/${place(index)}`, value }))
}
