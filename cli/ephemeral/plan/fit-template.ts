import { copyGates } from './copy-gates.ts'
import { copyHost } from './copy-host.ts'
import { copyKind } from './copy-kind.ts'
import { copyVolumes } from './copy-volumes.ts'
import type { Original } from './original.ts'
import type { PodTemplate } from './pod-template.ts'

/**
 * The original's template as a second pod, in a Deployment, can have it.
 *
 * @param isFresh whether volumes that cannot be shared may be empty.
 * @throws {WaylayError} `WAYLAY_COPY_UNFIT`.
 */
export function fitTemplate (
  original: Original, isFresh: boolean
): { readonly template: PodTemplate, readonly warnings: readonly string[] } {
  const { id } = original.workload
  const host = copyHost(id, original.template)
  const gates = copyGates(id, host.template)
  const kind = copyKind(id, gates.template)
  const volumes = copyVolumes({ ...original, template: kind.template }, isFresh)
  const warnings = [host, gates, kind, volumes].flatMap(step => step.warnings)
  return { template: volumes.template, warnings }
}
