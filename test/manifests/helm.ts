import { access, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAllDocuments } from 'yaml'
import { hashOfSources } from '../../build/images-inputs.ts'
import type { Manifest } from '../../cli/manifests.ts'
import { goBuild } from '../cluster/bare/go-build.ts'
import { cacheFolder } from '../cluster/cache.ts'
import { withLock } from '../cluster/lock.ts'
import { run } from '../cluster/run.ts'

const SOURCES = join(import.meta.dirname, 'helm')

/** What helm of version 3.19 takes without `--kube-version`: a flag of its build, so the packages do not know it. */
const DEFAULT_VERSION = 'v1.34.0'

/** What `helm template` prints for a chart, by Helm's own packages. */
export async function renderChart (chart: string, values: object = {}, kubernetes = DEFAULT_VERSION): Promise<string> {
  return await run(await renderer(), [chart, JSON.stringify(values), kubernetes])
}

/** The same, as objects. */
export async function chartObjects (
  chart: string, values: object = {}, kubernetes = DEFAULT_VERSION
): Promise<readonly Manifest[]> {
  const documents = parseAllDocuments(await renderChart(chart, values, kubernetes))
  return documents.map(document => document.toJS() as Manifest | null).filter(object => object !== null)
}

/** Built once per machine: helm itself is many times as much, and renders with the same packages. */
async function renderer (): Promise<string> {
  const folder = join(cacheFolder(), 'helm')
  const output = join(folder, `render-${await hashOfSources(SOURCES, ['main.go', 'go.mod', 'go.sum'])}`)
  await mkdir(folder, { recursive: true })
  await withLock('helm', { onWait: () => {}, signal: undefined }, async () => {
    if (await access(output).then(() => true, () => false)) return
    await goBuild({ title: 'Helm\'s renderer', sources: SOURCES, output, linkerFlags: '-s -w' }, line => { console.error(line) })
  })
  return output
}
