import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { WaylayError } from '../../common/errors.ts'
import { baggageOf } from '../ephemeral/baggage-of.ts'
import type { Counted } from './test/count.ts'

/** What `ci run` writes when it stands; docs/output.md has each field. */
export type ReadyFacts = {
  readonly pid: number
  readonly headers: readonly { readonly name: string, readonly value: string }[]
  readonly counted: readonly Counted[]
}

/** Whole or not at all: whoever waits for the file may read it at once. @throws {WaylayError} `WAYLAY_USAGE`. */
export async function writeReadyFile (file: string, { pid, headers, counted }: ReadyFacts): Promise<void> {
  const [first] = headers
  const text = JSON.stringify({
    pid,
    header: first ?? null,
    headers,
    baggage: first === undefined ? null : baggageOf(first) ?? null,
    intercepts: counted
  }, null, 2)
  const draft = `${file}.${randomUUID()}`
  try {
    // Whoever knows the value reaches the job's program.
    await writeFile(draft, `${text}\n`, { mode: 0o600 })
    await rename(draft, file)
  } catch (cause) {
    await rm(draft, { force: true })
    throw unwritable(file, cause)
  }
}

/**
 * Takes away one of a run that was killed, which would lead tests astray.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` for what is no file.
 */
export async function removeOldFile (file: string): Promise<void> {
  try {
    await rm(file, { force: true })
  } catch (cause) {
    throw unwritable(file, cause)
  }
}

function unwritable (file: string, cause: unknown): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot write --ready-file ${file}: ${(cause as Error).message}`,
    { cause, hint: 'Name a file in a folder that is there and that the job may write to.' })
}

const PATIENCE_MS = 120_000
const LOOK_MS = 200

/**
 * Reads it when it is there: whoever started `ci run` a moment ago need not wait themselves.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` where it does not come, or is not ours.
 */
export async function readReadyFile (file: string, patienceMs = PATIENCE_MS): Promise<ReadyFacts> {
  const endMs = performance.now() + patienceMs
  while (!existsSync(file) && performance.now() < endMs) await delay(LOOK_MS)
  try {
    const { pid, headers, intercepts } = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>
    if (typeof pid === 'number' && Array.isArray(headers) && Array.isArray(intercepts)) {
      return { pid, headers: headers as ReadyFacts['headers'], counted: intercepts as readonly Counted[] }
    }
  } catch (cause) {
    throw new WaylayError('WAYLAY_USAGE', `Cannot read --ready-file ${file}: ${(cause as Error).message}`,
      { cause, hint: 'It is there as long as "waylay ci run --ready-file" stands: start that first, and see what it says.' })
  }
  throw new WaylayError('WAYLAY_USAGE', `--ready-file ${file} was not written by "waylay ci run"`, { hint: 'Name the file that was given to "ci run".' })
}
