/**
 * Makes what the image `propagate` holds for Java and Python, from pinned packages and the sources in propagate/.
 *
 *   node build/propagate-parts.ts /parts    into /parts/java and /parts/python
 */
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../test/cluster/run.ts'
import { ROOT } from './bundle.ts'
import { fetchMaven } from './fetch-maven.ts'
import { fetchWheels } from './fetch-wheels.ts'
import { ensureProgram, fetchedFolder, type FetchOptions } from './fetched.ts'
import { hashOfSources } from './images-inputs.ts'
import { JAVA_AGENT, JAVA_AGENT_SPI } from './java-agent.ts'

const JAVA = 'propagate/java'
const PYTHON = 'propagate/python'

/** Class files for the oldest JVM that the agent starts in. */
const JAVA_RELEASE = '8'
/** The oldest Python that the packages are for; they are in pure Python, the same for all later ones. */
const PYTHON_VERSION = '3.10'

/** The agent, its settings and our extension of it. */
export async function javaPart (options: FetchOptions): Promise<string> {
  return await fetchedFolder({
    kind: 'propagate-java',
    key: await hashOfSources(ROOT, [JAVA], JSON.stringify([JAVA_AGENT, JAVA_AGENT_SPI, JAVA_RELEASE])),
    fill: async folder => {
      await cp(await fetchMaven(JAVA_AGENT, options), join(folder, `${JAVA_AGENT.name}.jar`))
      await cp(join(ROOT, JAVA, 'agent.properties'), join(folder, 'agent.properties'))
      await compileExtension(join(folder, 'propagation-only.jar'), options)
    }
  }, options)
}

async function compileExtension (jar: string, options: FetchOptions): Promise<void> {
  const source = join(ROOT, JAVA, 'src')
  const classes = await mkdtemp(join(tmpdir(), 'waylay-classes-'))
  const { signal } = options
  try {
    const javac = await ensureProgram('javac', ['default-jdk-headless'], options)
    // -Xlint:-options: newer compilers complain of so old a release.
    await run(javac, ['--release', JAVA_RELEASE, '-Xlint:-options', '-cp', await fetchMaven(JAVA_AGENT_SPI, options),
      '-d', classes, join(source, 'dev/waylay/propagate/PropagationOnly.java')], { signal })
    await cp(join(source, 'META-INF'), join(classes, 'META-INF'), { recursive: true })
    await run(await ensureProgram('jar', ['default-jdk-headless'], options), ['cf', jar, '-C', classes, '.'], { signal })
  } finally {
    await rm(classes, { recursive: true, force: true })
  }
}

/** A folder for PYTHONPATH; OpenTelemetry lies in its `lib`, which comes behind the app's packages. */
export async function pythonPart (options: FetchOptions): Promise<string> {
  return await fetchedFolder({
    kind: 'propagate-python',
    key: await hashOfSources(ROOT, [PYTHON], PYTHON_VERSION),
    fill: async folder => {
      const isSource = (path: string): boolean => !/requirements\.txt$|__pycache__/.test(path)
      await cp(join(ROOT, PYTHON), folder, { recursive: true, filter: isSource })
      const wheels = await fetchWheels(join(ROOT, PYTHON, 'requirements.txt'), PYTHON_VERSION, options)
      await cp(wheels, join(folder, 'lib'), { recursive: true })
    }
  }, options)
}

if (import.meta.main) {
  const [folder = 'dist/propagate'] = process.argv.slice(2)
  const options = { progress: (line: string) => console.error(line) }
  await cp(await javaPart(options), join(folder, 'java'), { recursive: true })
  await cp(await pythonPart(options), join(folder, 'python'), { recursive: true })
}
