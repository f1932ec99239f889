/**
 * Writes the krew manifest and the Homebrew formula of the archives in dist/executables/, beside them.
 *
 *   npm run release-files -- --repository owner/name             of all platforms
 *   npm run release-files -- --repository owner/name --partial   of those that are there
 *   npm run release-files -- --sums                              SHA256SUMS anew first, for archives made elsewhere
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import { VERSION } from '../common/version.ts'
import { ROOT } from './bundle.ts'
import { EXECUTABLES } from './executables.ts'
import { assetsOf, readRepository } from './release/assets.ts'
import { homebrewFormula } from './release/homebrew.ts'
import { krewManifest } from './release/krew.ts'
import { readSums, SUMS_FILE, writeSums } from './sea/checksums.ts'

async function main (args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { repository: { type: 'string' }, partial: { type: 'boolean' }, sums: { type: 'boolean' } }
  })
  if (values.repository === undefined) throw new Error('Name the repository: --repository owner/name')
  const repository = readRepository(values.repository)
  if (values.sums === true) await writeSums(EXECUTABLES)
  const sums = readSums(await readFile(join(EXECUTABLES, SUMS_FILE), 'utf8'))
  const release = { version: VERSION, repository, sums }
  const assets = assetsOf(release, values.partial)
  const files = { 'waylay.yaml': krewManifest(release, assets), 'waylay.rb': homebrewFormula(release, assets) }
  for (const [name, text] of Object.entries(files)) {
    const path = join(EXECUTABLES, name)
    await writeFile(path, text)
    console.log(relative(ROOT, path))
  }
}

if (import.meta.main) {
  await main(process.argv.slice(2)).catch((error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  })
}
