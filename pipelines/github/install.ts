import { spawn } from 'node:child_process'
import { access } from 'node:fs/promises'
import path from 'node:path'

type Place = {
  readonly version: string
  readonly program: string
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

/**
 * The words that start waylay: the program that was named, else the npm package, installed into the job's own folder so
 * that nothing of the job changes.
 *
 * @throws {Error} where npm cannot.
 */
export async function findWaylay ({ version, program, folder, env }: Place): Promise<readonly string[]> {
  if (program !== '') return program.endsWith('.js') ? [process.execPath, program] : [program]
  const place = path.join(folder, `waylay-${version}`)
  const file = path.join(place, 'node_modules/waylay/dist/waylay.js')
  if (!await isThere(file)) {
    if (!/^[\w.+-]+$/.test(version)) throw new Error(`No version of waylay: "${version}"`)
    await npm(['install', '--prefix', place, '--no-save', '--ignore-scripts', '--no-fund', '--no-audit', `waylay@${version}`], env)
  }
  return [process.execPath, file]
}

async function npm (words: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  // npm is a script for a shell on Windows. No word of ours has anything in it that one reads.
  const isWindows = process.platform === 'win32'
  const child = spawn(isWindows ? 'npm.cmd' : 'npm', words, { env, stdio: ['ignore', 'ignore', 'inherit'], shell: isWindows })
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code !== 0) throw new Error(`npm ${words.join(' ')} ended with ${code}`)
}

async function isThere (file: string): Promise<boolean> {
  return await access(file).then(() => true, () => false)
}
