import type { Command } from 'commander'
import { WaylayError } from '../../common/errors.ts'

/**
 * A program without the `--` before it would lose its own flags to us.
 *
 * @param after what may stand before it, for the message.
 * @throws {WaylayError} `WAYLAY_USAGE`.
 */
export function refuseLooseWords (words: readonly string[], program: Command, after: string): void {
  const given = (program as Command & { readonly rawArgs: readonly string[] }).rawArgs
  if (words.length === 0 || given.includes('--')) return
  throw new WaylayError('WAYLAY_USAGE', `Unexpected word "${words[0] ?? ''}" after ${after}`,
    { hint: 'One workload at a time; your own program goes behind "--": -- npm run dev' })
}
