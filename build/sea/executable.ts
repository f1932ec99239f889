import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative, sep } from 'node:path'
import { ASSET_FOLDER } from '../../cli/manifest-files.ts'
import { run } from '../../test/cluster/run.ts'
import { ROOT } from '../bundle.ts'

export type ExecutableOptions = {
  /** The bundle of the command line. */
  readonly main: string
  /** Node for the platform. */
  readonly node: string
  /** Where it is written. */
  readonly output: string
  /** Puts an ad-hoc signature on it, without which macOS on Apple's own processors starts nothing: `codesign` does. */
  readonly isSigned: boolean
}

/**
 * Puts the bundle and the manifests into a copy of Node. Neither snapshot nor code cache: both hold only for the
 * machine that made them, and with a code cache `import()` does not work.
 */
export async function buildExecutable ({ main, node, output, isSigned }: ExecutableOptions): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-sea-'))
  try {
    const config = join(folder, 'sea.json')
    await writeFile(config, JSON.stringify({
      main,
      mainFormat: 'module',
      executable: node,
      output,
      disableExperimentalSEAWarning: true,
      useSnapshot: false,
      useCodeCache: false,
      // NODE_OPTIONS is meant for the developer's own program.
      execArgvExtension: 'none',
      assets: await manifestAssets()
    }))
    await run(process.execPath, ['--build-sea', config], { env: process.env })
    await chmod(output, 0o755)
    if (isSigned) await run('codesign', ['--sign', '-', '--force', output], { env: process.env })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Each manifest by the name under which cli/manifest-files.ts looks for it; the chart and the examples stay out. */
async function manifestAssets (): Promise<Readonly<Record<string, string>>> {
  const folder = join(ROOT, 'manifests')
  const files = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = files.filter(file => file.isFile() && file.name.endsWith('.yaml')).map(file => join(file.parentPath, file.name))
  return Object.fromEntries(paths
    .map(path => [relative(folder, path).split(sep).join('/'), path] as const)
    .filter(([name]) => !/^(chart|examples)\//.test(name))
    .sort(([a], [b]) => a < b ? -1 : 1)
    .map(([name, path]) => [ASSET_FOLDER + name, path]))
}
