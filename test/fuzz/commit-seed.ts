import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const WITHOUT_GIT = 1

/**
 * A seed of the commit that is checked out: each commit tries other streams, and who runs the same commit again tries
 * the same, so that what failed elsewhere is found here.
 */
export async function commitSeed (): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('git', ['rev-parse', '--short=7', 'HEAD'])
    return Number.parseInt(stdout.slice(0, 7), 16)
  } catch {
    return WITHOUT_GIT
  }
}
