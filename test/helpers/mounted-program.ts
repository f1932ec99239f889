import { basename, join } from 'node:path'
import { build } from 'esbuild'
import { kubectl } from './kube.ts'

const FIXTURES = join(import.meta.dirname, '../e2e/fixtures')

/** Where a pod finds its program, and how it starts it. */
export const PROGRAM_MOUNT = { name: 'program', mountPath: '/program' } as const
export const PROGRAM_SCRIPT = `${PROGRAM_MOUNT.mountPath}/main.mjs`
export const PROGRAM_COMMAND = ['node', PROGRAM_SCRIPT] as const

/** The volume of a ConfigMap that `mountProgram` made. */
export function programVolume (configMap: string): object {
  return { name: PROGRAM_MOUNT.name, configMap: { name: configMap } }
}

/**
 * Bundles a program of `test/e2e/fixtures` with the packages it imports into one file of a ConfigMap, so that pods can
 * run it in an image that knows nothing of it. Returns the ConfigMap's name.
 */
export async function mountProgram (namespace: string, fixture: string): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(FIXTURES, fixture)],
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node26',
    logLevel: 'warning',
    // Both are looked for at run time in a try.
    external: ['bufferutil', 'utf-8-validate'],
    banner: { js: BANNER }
  })
  const name = basename(fixture, '.ts')
  const object = {
    apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data: { 'main.mjs': outputFiles[0]?.text }
  }
  // Not applied: that would keep a second copy in an annotation, which may hold far less.
  await kubectl(['create', '-f', '-'], JSON.stringify(object))
  return name
}

// CommonJS packages inside an ES module still call require() for Node's own modules.
const BANNER = 'import { createRequire as __createRequire } from \'node:module\'\n' +
  'const require = __createRequire(import.meta.url), __dirname = import.meta.dirname, __filename = import.meta.filename'
