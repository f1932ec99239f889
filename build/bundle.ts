/**
 * Bundles each program into dist/, one file each.
 *
 *   node build/bundle.ts                 all programs
 *   node build/bundle.ts init proxy      only these
 *
 * With --as-version 0.2.0 they say that they are of that version: for tests of two versions beside each other.
 */
import { chmod, copyFile, mkdir, stat, writeFile } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { build, type BuildOptions, type Metafile } from 'esbuild'
import { asVersion } from './as-version.ts'
import { embedPage } from './embed-page.ts'
import { lazyBuiltins } from './lazy-builtins.ts'
import { ownOtelGlobal } from './own-otel-global.ts'

/** Repository root. */
export const ROOT = join(import.meta.dirname, '..')

type Program = {
  /** What is bundled, from the root. */
  readonly entry: string
  /** Oldest Node it runs on: images bring their own, the CLI runs on the developer's. */
  readonly target: string
  /** Started for each command, so nothing may be loaded that the command does not need. */
  readonly startsOften?: boolean
  /** Loaded by `require` into somebody else's program: CommonJS, with its own copy of what is global there. */
  readonly isGuest?: boolean
  /** What loads it, as it is: a file that lies beside it in dist/. */
  readonly loader?: string
  /** Packages that must not come along, whoever imports them. */
  readonly without: readonly string[]
}

const HEAVY = ['express', '@kubernetes/client-node', '@opentelemetry/sdk-trace-base'] as const

/** Every program by the name of its file in dist/. */
export const PROGRAMS = {
  waylay: { entry: 'cli/main.ts', target: 'node22.20', startsOften: true, without: HEAVY },
  gitlab: { entry: 'pipelines/gitlab/main.ts', target: 'node22.20', without: HEAVY },
  webhook: { entry: 'webhook/main.ts', target: 'node26', without: [] },
  preview: { entry: 'preview/main.ts', target: 'node26', without: [] },
  proxy: { entry: 'proxy/main.ts', target: 'node26', without: HEAVY },
  init: { entry: 'init-container/main.ts', target: 'node26', without: HEAVY },
  propagate: {
    entry: 'propagate/nodejs/main.ts',
    target: 'node18.19',
    isGuest: true,
    loader: 'propagate/nodejs/register.cjs',
    without: HEAVY
  }
} as const satisfies Record<string, Program>

export type ProgramName = keyof typeof PROGRAMS

/** All names, in the order they are built. */
export const PROGRAM_NAMES = Object.keys(PROGRAMS) as ProgramName[]

/** One program that was bundled. `packages` are the npm packages inside, from esbuild's own list of inputs. */
export type Bundle = {
  readonly name: ProgramName
  readonly file: string
  readonly bytes: number
  readonly packages: readonly string[]
}

/**
 * Bundles `names` into `outDir`.
 *
 * @param version what they say they are; default: what they are.
 * @throws {Error} Naming every entry file that is missing, before anything is written.
 * @throws {Error} Naming a package that must not be in a bundle, and who imported it.
 */
export async function bundlePrograms (
  names: readonly ProgramName[] = PROGRAM_NAMES,
  outDir = join(ROOT, 'dist'),
  version?: string
): Promise<readonly Bundle[]> {
  await refuseMissingEntries(names)
  await mkdir(outDir, { recursive: true })
  // In an image nothing else says that these .js files are ES modules.
  await writeFile(join(outDir, 'package.json'), '{ "type": "module" }\n')
  return await Promise.all(names.map(async name => await bundleOne(name, outDir, version)))
}

async function bundleOne (name: ProgramName, outDir: string, version: string | undefined): Promise<Bundle> {
  const program: Program = PROGRAMS[name]
  const plugins = [
    embedPage,
    ...program.startsOften === true ? [lazyBuiltins] : [],
    ...program.isGuest === true ? [ownOtelGlobal] : [],
    ...version === undefined ? [] : [asVersion(version)]
  ]
  const { metafile } = await build({ ...buildOptions(name, program, outDir), plugins })
  refuseUnwanted(name, program, metafile)
  const file = join(outDir, program.isGuest === true ? `${name}.cjs` : `${name}.js`)
  await chmod(file, 0o755)
  const { loader } = program
  if (loader !== undefined) await copyFile(join(ROOT, loader), join(outDir, basename(loader)))
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0)
  return { name, file, bytes, packages: packagesOf(metafile) }
}

function buildOptions (name: ProgramName, program: Program, outDir: string) {
  return {
    absWorkingDir: ROOT,
    entryPoints: [{ in: program.entry, out: name }],
    outdir: outDir,
    bundle: true,
    platform: 'node',
    target: program.target,
    ...program.isGuest === true
      ? { format: 'cjs', outExtension: { '.js': '.cjs' } }
      // CommonJS packages in an ES module still call require() for Node's own modules, and pino asks for its folder.
      : { format: 'esm', banner: { js: BANNER } },
    ...(program.startsOften && { minifyWhitespace: true, minifySyntax: true }),
    metafile: true,
    logLevel: 'warning',
    // Optional native speed-ups of ws: absent is fine, and looked for at run time in a try.
    external: ['bufferutil', 'utf-8-validate']
  } as const satisfies BuildOptions
}

const BANNER = [
  'import { createRequire as __createRequire } from \'node:module\'',
  'const require = __createRequire(import.meta.url)',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname'
].join('\n')

async function refuseMissingEntries (names: readonly ProgramName[]): Promise<void> {
  const missing: string[] = []
  for (const name of names) {
    const program: Program = PROGRAMS[name]
    const found = await stat(join(ROOT, program.entry)).then(() => true, () => false)
    if (!found) missing.push(`${program.entry} (for dist/${name}.js)`)
  }
  if (missing.length > 0) throw new Error(`Nothing to bundle at ${missing.join(', ')}`)
}

function refuseUnwanted (name: ProgramName, program: Program, metafile: Metafile): void {
  for (const [input, { imports }] of Object.entries(metafile.inputs)) {
    const unwanted = imports.find(item => program.without.includes(packageOf(item.path) ?? ''))
    if (unwanted !== undefined) {
      throw new Error(`dist/${name}.js must not contain ${packageOf(unwanted.path)}, but ${input} imports it`)
    }
  }
}

function packagesOf (metafile: Metafile): readonly string[] {
  const inOutputs = Object.values(metafile.outputs).flatMap(output => Object.keys(output.inputs))
  return [...new Set(inOutputs.map(packageOf).filter(found => found !== undefined))].sort()
}

/** `node_modules/@scope/name/lib/x.js` -> `@scope/name`; the innermost, where packages are nested. */
function packageOf (path: string): string | undefined {
  return /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]
}

function isProgramName (name: string): name is ProgramName {
  return Object.hasOwn(PROGRAMS, name)
}

async function main (args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args], allowPositionals: true, options: { 'as-version': { type: 'string' } }
  })
  const unknown = positionals.find(name => !isProgramName(name))
  if (unknown !== undefined) throw new Error(`No program "${unknown}". There are: ${PROGRAM_NAMES.join(', ')}`)
  const names = positionals.filter(isProgramName)
  for (const { file, bytes } of await bundlePrograms(names.length > 0 ? names : undefined, undefined, values['as-version'])) {
    console.log(`${relative(ROOT, file)}  ${Math.ceil(bytes / 1024)} KiB`)
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
