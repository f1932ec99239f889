import type { Claim } from '../../cluster/claims.ts'
import type { Pod } from '../../cluster/pods.ts'
import type { Workload } from '../../cluster/workload.ts'
import type { WorkloadName } from '../../workload-name.ts'
import type { PodTemplate } from './pod-template.ts'

/** A workload that is to be copied, as it is now. */
export type Original = {
  /** As it was asked for. */
  readonly wanted: WorkloadName
  readonly workload: Workload
  readonly template: PodTemplate
  /** Claims that each of its pods has for itself: a StatefulSet's. */
  readonly claimTemplates: readonly ClaimTemplate[]
  /** The claims that its template names. */
  readonly claims: ReadonlyMap<string, Claim>
  /** Its pods that the webhook put the proxy into. At least one. */
  readonly injected: readonly Pod[]
}

export type ClaimTemplate = { readonly metadata: { readonly name: string }, readonly spec?: object }

/** Whether a word of the command line means it: `payments`, `deployment/payments`, or as it was asked for. */
export function isMeant ({ wanted, workload: { id } }: Original, word: string): boolean {
  const asked = wanted.kind === undefined ? wanted.name : `${wanted.kind}/${wanted.name}`
  return [id, id.split('/')[1], asked, wanted.name].includes(word)
}
