/**
 * Builds the browser extension into dist/extension/, to be loaded unpacked.
 *
 *   npm run extension
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { build } from 'esbuild'
import { VERSION } from '../common/version.ts'
import { ROOT } from './bundle.ts'

/** Each becomes one script. */
const SCRIPTS = ['background', 'popup', 'options'] as const

const SOURCE = join(ROOT, 'extension')

/** Builds it into `folder`, which is emptied first, and returns that folder. */
export async function buildExtension (folder = join(ROOT, 'dist/extension')): Promise<string> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await build({
    absWorkingDir: ROOT,
    entryPoints: SCRIPTS.map(name => ({ in: `extension/${name}.ts`, out: name })),
    outdir: folder,
    bundle: true,
    format: 'iife',
    target: 'chrome121',
    logLevel: 'warning'
  })
  const pages = (await readdir(SOURCE)).filter(name => /\.(html|css)$/.test(name))
  for (const name of pages) await cp(join(SOURCE, name), join(folder, name))
  await cp(join(SOURCE, 'icons'), join(folder, 'icons'), { recursive: true, filter: path => !path.endsWith('.svg') })
  const manifest = JSON.parse(await readFile(join(SOURCE, 'manifest.json'), 'utf8')) as Record<string, unknown>
  await writeFile(join(folder, 'manifest.json'), `${JSON.stringify({ ...manifest, version: VERSION }, null, 2)}\n`)
  return folder
}

if (import.meta.main) {
  const folder = await buildExtension()
  console.log(`${relative(ROOT, folder)}  (chrome://extensions, developer mode, "Load unpacked")`)
}
