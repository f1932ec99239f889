import { WaylayError } from '../../../../common/errors.ts'
import type { Original } from '../original.ts'
import { allContainers, type PodTemplate } from '../pod-template.ts'
import { findSharedWork, type SharedWork } from './find-shared-work.ts'
import type { VariableReader } from './read-variables.ts'

/**
 * Looks for work that original and copy would share out, or both do.
 *
 * @param copied the copy's template: what has another value there is shared no more.
 * @returns what is to be said about it.
 * @throws {WaylayError} `WAYLAY_COPY_UNFIT` for a consumer group, unless that is allowed: messages of everybody would
 *   go to the copy.
 */
export async function judgeSharedWork (
  { workload: { id }, template }: Original, copied: PodTemplate, reader: VariableReader, isAllowed: boolean
): Promise<readonly string[]> {
  const [before, after] = await Promise.all([find(template, reader), find(copied, reader)])
  // Another value of the same variable is the copy's own.
  const shared = after.filter(({ container, sign, value }) =>
    before.some(other => other.container === container && other.sign === sign && other.value === value))
  const groups = shared.filter(({ kind }) => kind === 'group')
  if (groups.length > 0 && !isAllowed) throw refuse(id, groups)
  return [
    ...warn(groups, `The copy of ${id} takes messages that were meant for ${id}, because it is in the same consumer group`),
    ...warn(shared.filter(({ kind }) => kind === 'queue'), `The copy of ${id} may take jobs out of the same queue`),
    ...warn(shared.filter(({ kind }) => kind === 'schedule'), `The copy of ${id} may do by the clock what ${id} does, too`),
    ...warn(shared.filter(({ kind }) => kind === 'migration'), `The copy of ${id} may change the database that ${id} uses when it starts`)
  ]
}

async function find (template: PodTemplate, reader: VariableReader): Promise<readonly SharedWork[]> {
  const inits = new Set(template.spec.initContainers)
  const found = await Promise.all(allContainers(template).map(async container =>
    findSharedWork(container, await reader.variablesOf(container), inits.has(container))))
  return found.flat()
}

function warn (works: readonly SharedWork[], sentence: string): readonly string[] {
  return works.length === 0 ? [] : [`${sentence}: ${signsOf(works)}.`]
}

function signsOf (works: readonly SharedWork[]): string {
  return works.map(({ container, sign }) => `${sign} (${container})`).join(', ')
}

function refuse (id: string, groups: readonly SharedWork[]): WaylayError {
  const [variable] = groups.flatMap(({ variable }) => variable === undefined ? [] : [variable])
  const other = variable === undefined ? '' : `Give the copy another: --env ${id.split('/')[1] ?? ''}/${variable}=<name>. `
  return new WaylayError('WAYLAY_COPY_UNFIT',
    `The copy of ${id} would take messages that were meant for ${id}, because it is in the same consumer group: ${signsOf(groups)}`,
    { hint: `${other}If that is meant to be: --allow-shared-consumers` })
}
