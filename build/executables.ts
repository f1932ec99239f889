/**
 * Makes single executables of the command line, for people without Node, into dist/executables/: an archive for each
 * platform, and SHA256SUMS over all that lie there.
 *
 *   npm run executables                          every platform whose Node can be had here
 *   npm run executables -- --only linux-x64      this one; may be given again
 *
 * What cannot be made here is named with the reason; a platform that was asked for by name is a failure then.
 */
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { VERSION } from '../common/version.ts'
import { bundlePrograms, ROOT } from './bundle.ts'
import { tarGz, zip, type ArchivedFile } from './sea/archive.ts'
import { writeSums } from './sea/checksums.ts'
import { buildExecutable } from './sea/executable.ts'
import { findNodeBinary, type NodeBinary } from './sea/node-binary.ts'
import { archiveFile, PLATFORM_NAMES, PLATFORMS, programFile, readPlatform, type PlatformName } from './sea/platform.ts'

/** Where archives, sums and the programs themselves are written. */
export const EXECUTABLES = join(ROOT, 'dist/executables')

const MEBIBYTE = 2 ** 20

/** One that was made. */
export type Executable = { readonly name: PlatformName, readonly program: string, readonly archive: string }

/** Makes one for each platform, out of a bundle made afresh. */
export async function makeExecutables (
  names: readonly PlatformName[], { folder = EXECUTABLES, mustAll = false, progress = console.error } = {}
): Promise<readonly Executable[]> {
  const [bundle] = await bundlePrograms(['waylay'])
  if (bundle === undefined) throw new Error('The command line was not bundled')
  const made: Executable[] = []
  for (const name of names) {
    const node = await findNodeBinary(name, { progress })
    if ('program' in node) made.push(await makeOne(name, node, bundle.file, folder))
    else if (mustAll) throw new Error(`No executable for ${name}: ${node.reason}`)
    else progress(`left out: ${name}: ${node.reason}`)
    if ('program' in node && needsSignature(name)) progress(`not signed: ${name}: only macOS has codesign`)
  }
  await writeSums(folder)
  return made
}

async function makeOne (name: PlatformName, node: NodeBinary, main: string, folder: string): Promise<Executable> {
  const programs = join(folder, name)
  await rm(programs, { recursive: true, force: true })
  await mkdir(programs, { recursive: true })
  const program = join(programs, programFile(name))
  const isSigned = PLATFORMS[name].os === 'darwin' && process.platform === 'darwin'
  await buildExecutable({ main, node: node.program, output: program, isSigned })
  const files: readonly ArchivedFile[] = [
    { name: programFile(name), bytes: await readFile(program), isProgram: true },
    { name: 'LICENSE', bytes: await readFile(join(ROOT, 'LICENSE')) },
    { name: 'LICENSE.node', bytes: await readFile(node.license) }
  ]
  const archive = join(folder, archiveFile(name, VERSION))
  await writeFile(archive, archive.endsWith('.zip') ? zip(files) : tarGz(files))
  return { name, program, archive }
}

/** What was made for macOS elsewhere starts on Intel only, and Apple's own processors refuse it. */
function needsSignature (name: PlatformName): boolean {
  return PLATFORMS[name].os === 'darwin' && process.platform !== 'darwin'
}

async function main (args: readonly string[]): Promise<void> {
  const { values: { only } } = parseArgs({ args: [...args], options: { only: { type: 'string', multiple: true } } })
  const names = only?.map(readPlatform) ?? PLATFORM_NAMES
  for (const { program, archive } of await makeExecutables(names, { mustAll: only !== undefined })) {
    console.log(`${relative(ROOT, archive)}  ${await mebibytes(archive)}, unpacked ${await mebibytes(program)}`)
  }
}

async function mebibytes (path: string): Promise<string> {
  return `${Math.round((await stat(path)).size / MEBIBYTE)} MiB`
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
