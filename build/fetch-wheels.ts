import { readFile } from 'node:fs/promises'
import { ensureDebianPackages } from '../test/cluster/bare/debian.ts'
import { findProgram, run } from '../test/cluster/run.ts'
import { fetchedFolder, type FetchOptions } from './fetched.ts'

/** Wheels in pure Python, the same on every processor, whichever Python this machine has. */
const PURE = ['--platform', 'any', '--implementation', 'py', '--only-binary=:all:', '--no-deps', '--no-compile'] as const

const QUIET = ['--quiet', '--disable-pip-version-check', '--no-warn-conflicts', '--root-user-action=ignore'] as const

/**
 * Unpacks the wheels of a requirements file into a folder for PYTHONPATH, which stays in the cache. Each line of the
 * file pins a version and its digest (`name==1.2.3 --hash=sha256:...`), dependencies included; only wheels in pure
 * Python are taken.
 *
 * @param python The version the wheels are chosen for, as `3.11`.
 */
export async function fetchWheels (requirementsPath: string, python: string, options: FetchOptions): Promise<string> {
  const requirements = await readFile(requirementsPath, 'utf8')
  return await fetchedFolder({
    kind: 'wheels',
    key: JSON.stringify([requirements, python, PURE]),
    fill: async folder => {
      await run(await pythonWithPip(options), ['-m', 'pip', 'install', ...QUIET, ...PURE, '--python-version', python,
        '--require-hashes', '--target', folder, '--requirement', requirementsPath],
      { signal: options.signal, env: process.env })
    }
  }, options)
}

/**
 * The same for programs that run on this machine, in its own Python: also wheels that hold compiled code. The file pins
 * versions alone, because such wheels have a digest for each kind of machine.
 */
export async function fetchWheelsForHere (requirementsPath: string, options: FetchOptions): Promise<string> {
  const requirements = await readFile(requirementsPath, 'utf8')
  const python = await pythonWithPip(options)
  const version = await run(python, ['--version'], { signal: options.signal })
  return await fetchedFolder({
    kind: 'wheels-for-here',
    key: JSON.stringify([requirements, version, process.platform, process.arch]),
    fill: async folder => {
      await run(python, ['-m', 'pip', 'install', ...QUIET, '--only-binary=:all:', '--no-deps', '--no-compile',
        '--target', folder, '--requirement', requirementsPath], { signal: options.signal, env: process.env })
    }
  }, options)
}

/** The first Python of this machine that has pip: Debian's own comes without. */
async function pythonWithPip (options: FetchOptions): Promise<string> {
  const found = await findProgram('python3')
  // Itself, not what pyenv puts before it: that one ends at a signal, and leaves pip running.
  const itself = found === undefined ? '' : await run(found, ['-c', 'import pip, sys; print(sys.executable)']).catch(() => '')
  if (itself !== '') return itself.trim()
  await ensureDebianPackages(['python3-pip'], options.progress, options.signal)
  return '/usr/bin/python3'
}
