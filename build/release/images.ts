/**
 * Builds the images of the product for the processor of this machine and pushes them, or joins those of both processors
 * under one tag. Needs Docker with buildx, logged in.
 *
 *   node build/release/images.ts push --registry ghcr.io/owner/waylay --arch amd64
 *   node build/release/images.ts join --registry ghcr.io/owner/waylay
 *   … --dry-run     prints the commands
 */
import { parseArgs } from 'node:util'
import { VERSION } from '../../common/version.ts'
import { run } from '../../test/cluster/run.ts'
import { ROOT } from '../bundle.ts'

/** Stages of the Dockerfile that a cluster pulls; a test compares. */
export const RELEASED = ['sidecar', 'webhook', 'preview', 'cli', 'propagate'] as const

export const ARCHS = ['amd64', 'arm64'] as const

type Command = readonly string[]

/** One push for each image; the tag says the processor. */
export function pushCommands (registry: string, arch: string): readonly Command[] {
  return RELEASED.map(image => [
    'docker', 'buildx', 'build', '--platform', `linux/${arch}`, '--target', image,
    '--tag', `${registry}/${image}:${VERSION}-${arch}`, '--push', '.'
  ])
}

/** One tag for both processors, made in the registry. */
export function joinCommands (registry: string): readonly Command[] {
  return RELEASED.map(image => {
    const name = `${registry}/${image}:${VERSION}`
    return ['docker', 'buildx', 'imagetools', 'create', '--tag', name, ...ARCHS.map(arch => `${name}-${arch}`)]
  })
}

function commandsOf (args: readonly string[]): { readonly commands: readonly Command[], readonly isDryRun: boolean } {
  const { values, positionals: [verb] } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { registry: { type: 'string' }, arch: { type: 'string' }, 'dry-run': { type: 'boolean', default: false } }
  })
  // Names of images are lower-case, those of GitHub's accounts need not be.
  const registry = values.registry?.toLowerCase() ?? ''
  const isPlace = /^[a-z0-9.:-]+(\/[a-z0-9._-]+)+$/.test(registry)
  if (!isPlace) throw new Error('Name the place: --registry ghcr.io/owner/waylay')
  const isDryRun = values['dry-run']
  if (verb === 'join') return { commands: joinCommands(registry), isDryRun }
  const arch = ARCHS.find(known => known === values.arch)
  if (verb !== 'push' || arch === undefined) throw new Error(`Say join, or push with --arch ${ARCHS.join(' or ')}`)
  return { commands: pushCommands(registry, arch), isDryRun }
}

async function main (args: readonly string[]): Promise<void> {
  const { commands, isDryRun } = commandsOf(args)
  const options = { cwd: ROOT, env: process.env, onErrorLine: (line: string) => { console.error(line) } }
  for (const [program = '', ...words] of commands) {
    console.log([program, ...words].join(' '))
    if (!isDryRun) await run(program, words, options)
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
