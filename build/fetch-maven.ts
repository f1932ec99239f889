import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../test/cluster/run.ts'
import { ensureProgram, fetchedFolder, type FetchOptions } from './fetched.ts'

/** One jar of a Maven repository, pinned. */
export type MavenArtifact = {
  readonly group: string
  readonly name: string
  readonly version: string
  /** Of the jar, in hexadecimal. */
  readonly sha256: string
}

/** Given in full, because a plugin without a version would be whichever is newest. */
const COPY_GOAL = 'org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy'

/**
 * Fetches a jar by this machine's Maven, which knows its repositories and proxies; returns the jar's path in the cache.
 *
 * @throws {Error} Where the jar is not the one that was pinned.
 */
export async function fetchMaven (artifact: MavenArtifact, options: FetchOptions): Promise<string> {
  const { group, name, version, sha256 } = artifact
  const folder = await fetchedFolder({
    kind: name,
    key: JSON.stringify([COPY_GOAL, group, name, version, sha256]),
    fill: async folder => {
      const mvn = await ensureProgram('mvn', ['maven'], options)
      await run(mvn, ['-q', '-B', COPY_GOAL, `-Dartifact=${group}:${name}:${version}`, '-Dmdep.stripVersion=true',
        `-DoutputDirectory=${folder}`], { signal: options.signal, env: process.env })
      const digest = createHash('sha256').update(await readFile(join(folder, `${name}.jar`))).digest('hex')
      if (digest !== sha256) throw new Error(`${group}:${name}:${version} has the digest ${digest}, not ${sha256}`)
    }
  }, options)
  return join(folder, `${name}.jar`)
}
