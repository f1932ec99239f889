import { createHash } from 'node:crypto'
import { WaylayError } from '../common/errors.ts'

/** Longest name of an environment: with `waylay-env-` in front it is still a label's value and a Service's name. */
export const MAX_NAME_LENGTH = 40
// RFC 1035 label: a Service has this name, too.
const NAME = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const MAX_LABEL_LENGTH = 63
const HASH_LENGTH = 8

/** @throws {WaylayError} `WAYLAY_USAGE` saying what is wrong with it. */
export function readEnvironmentName (text: string): string {
  if (NAME.test(text) && text.length <= MAX_NAME_LENGTH) return text
  throw new WaylayError('WAYLAY_USAGE', `An environment cannot be called "${text}"`, {
    hint: `Use up to ${MAX_NAME_LENGTH} lower-case letters, digits and "-", with a letter in front: pr-123`
  })
}

/**
 * Name of the Deployment and the Service of a copy: the same for the same workload in the same environment.
 *
 * @param workload `kind/name` of the original's top controller.
 */
export function copyName (workload: string, environment: string): string {
  const [kind = '', name = ''] = workload.split('/')
  // Two workloads of one name and different kinds may stand in one environment.
  const parts = kind === 'deployment' ? [name, environment] : [name, kind, environment]
  return fit(parts.join('-').replaceAll(/[^a-z0-9-]/g, '-'), workload)
}

/** Name of everything that belongs to the companion: account, role, configuration, Deployment. */
export function companionName (environment: string): string {
  return `waylay-env-${environment}`
}

/** A name that would be too long, or begins with a digit, is told apart from others like it by a hash. */
function fit (name: string, workload: string): string {
  if (name.length <= MAX_LABEL_LENGTH && NAME.test(name)) return name
  const hash = createHash('sha256').update(`${workload} ${name}`).digest('hex').slice(0, HASH_LENGTH)
  return `${`c-${name}`.slice(0, MAX_LABEL_LENGTH - HASH_LENGTH - 1).replace(/-+$/, '')}-${hash}`
}
