import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** As `sha256sum --check` reads it. */
export const SUMS_FILE = 'SHA256SUMS'

/** Writes the sums of all archives in a folder, sorted by name; returns them. */
export async function writeSums (folder: string): Promise<ReadonlyMap<string, string>> {
  const names = (await readdir(folder)).filter(name => /\.(tar\.gz|zip)$/.test(name)).sort()
  const sums = new Map<string, string>()
  for (const name of names) {
    sums.set(name, createHash('sha256').update(await readFile(join(folder, name))).digest('hex'))
  }
  await writeFile(join(folder, SUMS_FILE), [...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(''))
  return sums
}

/** @throws {Error} at the first line that is none of ours. */
export function readSums (text: string): ReadonlyMap<string, string> {
  return new Map(text.split('\n').filter(line => line !== '').map(line => {
    const [, sum, name] = /^([0-9a-f]{64}) [ *](\S+)$/.exec(line) ?? []
    if (sum === undefined || name === undefined) throw new Error(`No line of ${SUMS_FILE}: ${line}`)
    return [name, sum]
  }))
}
