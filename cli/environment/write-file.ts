import { randomUUID } from 'node:crypto'
import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { WaylayError } from '../../common/errors.ts'

const ENV_HINT = 'Name a file in a folder that you may write to. To see the environment: waylay env <workload>'

/**
 * Writes a file for its owner's eyes only. It is there whole or not at all; one that is there already is replaced.
 *
 * @param hint what to type where that cannot be.
 * @throws {WaylayError} `WAYLAY_USAGE` naming the file.
 */
export async function writePrivateFile (file: string, text: string, hint = ENV_HINT): Promise<void> {
  try {
    const place = await findPlace(file, hint)
    const draft = `${place}.${randomUUID()}`
    try {
      await writeFile(draft, text, { mode: 0o600, flag: 'wx' })
      await rename(draft, place)
    } catch (error) {
      await rm(draft, { force: true })
      throw error
    }
  } catch (cause) {
    if (cause instanceof WaylayError) throw cause
    throw cannotWrite(file, (cause as Error).message, hint, cause)
  }
}

/** Behind a link the file that it leads to is replaced, not the link. */
async function findPlace (file: string, hint: string): Promise<string> {
  const found = await stat(file).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  })
  if (found === undefined) return file
  // Renaming over a device would take it away.
  if (!found.isFile()) throw cannotWrite(file, 'it is there, and no file', hint)
  return await realpath(file)
}

function cannotWrite (file: string, why: string, hint: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot write ${file}: ${why}`, { cause, hint })
}
