import { stringify } from 'yaml'
import type { Environment } from '../../../environments/object.ts'
import type { OutputFormat } from '../../deps.ts'
import type { Manifest } from '../../manifests.ts'
import type { Output } from '../../terminal/output.ts'
import type { EnvironmentPlan } from '../plan/environment-plan.ts'

/** Where the Environment is not made yet, nobody knows its uid. */
const NO_UID = '00000000-0000-0000-0000-000000000000'

/** Prints every object of a plan, in the order in which they are written: YAML documents, or one JSON list. */
export function printPlan (
  plan: EnvironmentPlan, existing: Environment | undefined, format: OutputFormat, output: Output
): void {
  const objects = objectsOf(plan, existing?.metadata.uid)
  if (format === 'json') output.json(objects)
  else output.result(objects.map(object => `---\n${toYaml(object)}`).join('').trimEnd())
  output.note(existing === undefined
    ? 'Nothing was written. The value of its header is made anew when it is, and each of the others is then owned by the Environment.'
    : 'Nothing was written. Each of the others is owned by the Environment.')
}

/** All of them, in the order in which they are written. */
function objectsOf (plan: EnvironmentPlan, uid: string | undefined): readonly Manifest[] {
  const copies = plan.copies.flatMap(({ policies, service, deployment }) => [...policies, service, deployment])
  return [plan.environment, ...plan.companion(uid ?? NO_UID), ...copies]
}

/** As kubectl reads it: to YAML 1.1 a plain `yes` is true. A long value stays on one line, so that it can be found. */
function toYaml (object: Manifest): string {
  return stringify(object, { schema: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false })
}
