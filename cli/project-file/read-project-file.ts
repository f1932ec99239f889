import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { WaylayError } from '../../common/errors.ts'
import { parseProjectFile, type FileIntercept, type ProjectFile } from './project-file.ts'

const NAMES = ['waylay.yaml', 'waylay.yml'] as const

/** The file, and the folder it lies in. */
export type FoundProjectFile = ProjectFile & { readonly folder: string }

/**
 * Reads the file that was named, or waylay.yaml of the folder.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` where there is none; `WAYLAY_FILE_MALFORMED` with file and line.
 */
export async function readProjectFile (
  named: string | undefined, cwd: string, env: Readonly<Record<string, string | undefined>>
): Promise<FoundProjectFile> {
  for (const name of named === undefined ? NAMES : [named]) {
    const file = path.resolve(cwd, name)
    const text = await readIfThere(file, name)
    if (text !== undefined) return { ...parseProjectFile(name, text, env), folder: path.dirname(file) }
  }
  throw new WaylayError('WAYLAY_USAGE', named === undefined ? 'There is no waylay.yaml in this folder' : `There is no file ${named}`,
    { hint: 'Name one: --file <file>; docs/waylay-yaml.md says what stands in it.' })
}

/**
 * The intercepts that were named, in the order of the file; all where none was.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` naming one that is not in the file.
 */
export function chooseIntercepts ({ intercepts }: ProjectFile, names: readonly string[]): readonly FileIntercept[] {
  const known = intercepts.map(({ name }) => name)
  const unknown = names.find(name => !known.includes(name))
  if (unknown !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', `The file has no intercept "${unknown}"`, { hint: `It has: ${known.join(', ')}` })
  }
  return names.length === 0 ? intercepts : intercepts.filter(({ name }) => names.includes(name))
}

async function readIfThere (file: string, name: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new WaylayError('WAYLAY_USAGE', `Cannot read ${name}: ${(cause as Error).message}`, { cause })
  }
}
