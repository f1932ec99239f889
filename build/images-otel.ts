import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../test/cluster/run.ts'
import { ROOT } from './bundle.ts'
import { fetchMaven } from './fetch-maven.ts'
import { fetchNpm } from './fetch-npm.ts'
import { fetchWheels } from './fetch-wheels.ts'
import { ensureProgram, fetchedFolder, type FetchOptions } from './fetched.ts'
import { hashOfSources } from './images-inputs.ts'
import { JAVA_AGENT } from './java-agent.ts'

const CHAIN = 'test/e2e/fixtures/chain'

/** Debian's: the oldest Python that the base images have. */
const PYTHON = '3.11'

/** Half of what npm brings: what only editors, bundlers and people read. */
const UNREAD = /\.map$|\.d\.[mc]?ts$|\.md$|\/build\/(esm|esnext)\//

/** What decides what is in `otelFolder`. */
export async function otelKey (): Promise<string> {
  return await hashOfSources(ROOT, [`${CHAIN}/otel`], JSON.stringify([JAVA_AGENT, PYTHON, String(UNREAD)]))
}

/** Stock OpenTelemetry for the chain: `node_modules`, `python` (for PYTHONPATH) and `opentelemetry-javaagent.jar`. */
export async function otelFolder (options: FetchOptions): Promise<string> {
  return await fetchedFolder({
    kind: 'otel',
    key: await otelKey(),
    fill: async folder => {
      const npm = await fetchNpm(join(ROOT, CHAIN, 'otel'), options)
      await cp(join(npm, 'node_modules'), join(folder, 'node_modules'),
        { recursive: true, verbatimSymlinks: true, filter: path => !UNREAD.test(path) })
      const wheels = await fetchWheels(join(ROOT, CHAIN, 'otel/requirements.txt'), PYTHON, options)
      await cp(wheels, join(folder, 'python'), { recursive: true })
      await cp(await fetchMaven(JAVA_AGENT, options), join(folder, `${JAVA_AGENT.name}.jar`))
    }
  }, options)
}

/** The chain's Java service as class files, for any Java from 17 on. */
export async function classesFolder (options: FetchOptions): Promise<string> {
  const source = `${CHAIN}/Service.java`
  return await fetchedFolder({
    kind: 'classes',
    key: await hashOfSources(ROOT, [source]),
    fill: async folder => {
      const javac = await ensureProgram('javac', ['default-jdk-headless'], options)
      await run(javac, ['--release', '17', '-d', folder, join(ROOT, source)], { signal: options.signal })
    }
  }, options)
}
