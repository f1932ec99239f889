import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parse } from 'yaml'

/** Names of the intercepts in a file, for completion: never rejects, and looks at nothing else in it. */
export async function listWishNames (named: string | undefined, cwd: string): Promise<readonly string[]> {
  try {
    const text = await readFile(path.resolve(cwd, named ?? 'waylay.yaml'), 'utf8')
    const { intercepts = {} } = parse(text) as { readonly intercepts?: object }
    return Object.keys(intercepts)
  } catch {
    return []
  }
}
