import { createHash } from 'node:crypto'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** A hash over names and contents of files and folders below `root`; what is not there counts as not there. */
export async function hashOfSources (root: string, paths: readonly string[], extra = ''): Promise<string> {
  const hash = createHash('sha256').update(extra)
  for (const path of [...paths].sort()) {
    for (const file of await filesAt(root, path)) {
      hash.update(`\0${file}\0`).update(await readFile(join(root, file)))
    }
  }
  return hash.digest('hex').slice(0, 16)
}

async function filesAt (root: string, path: string): Promise<readonly string[]> {
  const found = await lstat(join(root, path)).catch(() => undefined)
  if (found === undefined) return []
  if (!found.isDirectory()) return [path]
  const entries = await readdir(join(root, path), { withFileTypes: true, recursive: true })
  return entries.filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
}
