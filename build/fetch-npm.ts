import { copyFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../test/cluster/run.ts'
import { fetchedFolder, type FetchOptions } from './fetched.ts'

const LOCK_FILES = ['package.json', 'package-lock.json'] as const

/**
 * Installs what a folder's package-lock.json pins, without running any package's script; returns the folder in the
 * cache that holds `node_modules`.
 */
export async function fetchNpm (projectFolder: string, options: FetchOptions): Promise<string> {
  const pinned = await Promise.all(LOCK_FILES.map(async file => await readFile(join(projectFolder, file), 'utf8')))
  return await fetchedFolder({
    kind: 'npm-packages',
    key: JSON.stringify(pinned),
    fill: async folder => {
      await Promise.all(LOCK_FILES.map(async file => await copyFile(join(projectFolder, file), join(folder, file))))
      await run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'],
        { cwd: folder, signal: options.signal, env: process.env })
    }
  }, options)
}
