import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { NEXT_VERSION } from '../../build/as-version.ts'
import { bundlePrograms, ROOT } from '../../build/bundle.ts'
import { VERSION } from '../../common/version.ts'

/**
 * The next minor version's package: the command line and its manifests. Returns the path of the program; gone with the
 * test.
 */
export async function makeNextWaylay (t: ExecutionContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'waylay-next-'))
  t.teardown(async () => { await rm(folder, { recursive: true, force: true }) })
  await mkdir(join(folder, 'dist'))
  await bundlePrograms(['waylay'], join(folder, 'dist'), NEXT_VERSION)
  const manifests = join(folder, 'manifests')
  await cp(join(ROOT, 'manifests'), manifests, { recursive: true })
  for (const name of (await readdir(manifests)).filter(name => name.endsWith('.yaml'))) {
    const text = await readFile(join(manifests, name), 'utf8')
    await writeFile(join(manifests, name), text.replaceAll(VERSION, NEXT_VERSION))
  }
  return join(folder, 'dist/waylay.js')
}
