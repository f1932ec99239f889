import { WaylayError } from '../../../common/errors.ts'
import type { VariableWish } from '../wish.ts'
import { isMeant, type Original } from './original.ts'
import type { Variable } from './set-variables.ts'

/**
 * What `--env` sets in one workload; of two of one name the later counts, and one for this workload over one for all.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` for a workload that is not in the environment.
 */
export function chooseVariables (
  original: Original, originals: readonly Original[], wishes: readonly VariableWish[]
): readonly Variable[] {
  const stray = wishes.find(({ workload }) =>
    workload !== undefined && !originals.some(each => isMeant(each, workload)))
  if (stray !== undefined) {
    const ids = originals.map(({ workload }) => workload.id).join(', ')
    throw new WaylayError('WAYLAY_USAGE', `--env ${stray.workload ?? ''}/${stray.name}=… names no workload of the environment; there are: ${ids}`)
  }
  const all = wishes.filter(({ workload }) => workload === undefined)
  const own = wishes.filter(({ workload }) => workload !== undefined && isMeant(original, workload))
  return [...all, ...own].map(({ name, value }) => ({ name, value }))
}
