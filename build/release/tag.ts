/**
 * Ends with a failure unless the tag is `v` and the version that package, lock file, program and chart all name.
 *
 *   node build/release/tag.ts v0.1.0
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { VERSION } from '../../common/version.ts'
import { ROOT } from '../bundle.ts'

/** What does not say the version of the tag, with what it says. */
export async function faultsOf (tag: string): Promise<readonly string[]> {
  const read = async (file: string): Promise<string> => await readFile(join(ROOT, file), 'utf8')
  const [manifest, lock, chart] = await Promise.all(['package.json', 'package-lock.json', 'manifests/chart/Chart.yaml'].map(read))
  const { appVersion, version } = parse(chart ?? '') as { readonly appVersion: string, readonly version: string }
  const found: Readonly<Record<string, string>> = {
    'package.json': versionIn(manifest),
    'package-lock.json': versionIn(lock),
    'common/version.ts': VERSION,
    'version of manifests/chart/Chart.yaml': version,
    'appVersion of manifests/chart/Chart.yaml': appVersion
  }
  return Object.entries(found).filter(([, version]) => `v${version}` !== tag).map(([place, version]) => `${place}: ${version}`)
}

function versionIn (json = '{}'): string {
  return (JSON.parse(json) as { readonly version: string }).version
}

if (import.meta.main) {
  const [tag = ''] = process.argv.slice(2)
  const faults = await faultsOf(tag)
  if (faults.length > 0) {
    console.error(`The tag is "${tag}", and not of that version are:\n  ${faults.join('\n  ')}`)
    process.exitCode = 1
  }
}
