/**
 * Runs every check and ends with how many passed, failed and were skipped.
 *
 *   npm test                all of it; brings a cluster up and takes it down again, unless one was up before
 *   npm run test:e2e        only what needs the cluster; behind `--` files of test/e2e, by path or name, for only those
 */
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { buildImages } from '../build/images.ts'
import { loadImages, type ImageSet } from '../build/images-load.ts'
import { bundlePrograms } from '../build/bundle.ts'
import { javaPart } from '../build/propagate-parts.ts'
import { clusterDown, clusterPrepare, clusterStatus, clusterUp } from './cluster/cluster.ts'
import { FileTimes } from './file-times.ts'
import { commitSeed } from './fuzz/commit-seed.ts'
import { run } from './cluster/run.ts'
import { leftBehind, takeInventory, type Inventory } from './cluster/leaves-nothing.ts'
import { ensureChromium } from './helpers/chromium.ts'
import { BESIDE, PATIENT_FILES } from './patient-files.ts'
import { preparePython } from './propagate/python/python-app.ts'

// Longer than any test gives itself: ten rollouts of ten replicas say nothing for four minutes on an idle machine.
const SILENCE_MS = 16 * 60_000

// A registry that sends a little now and then would hold everything up.
const FETCH_MS = 10 * 60_000

type Counts = { passed: number, failed: number, skipped: number }

const [part, ...asked] = process.argv.slice(2)
// What is no file is an option of AVA's.
const endToEndFiles = asked.map(name => existsSync(endToEndFile(name)) ? endToEndFile(name) : name)
const onlyEndToEnd = part === 'e2e'

const counts: Counts = { passed: 0, failed: 0, skipped: 0 }
const failures: string[] = []
const startedMs = performance.now()

/** Runs a program that is one check. */
async function check (title: string, command: string, args: readonly string[]): Promise<void> {
  progress(`${title}: ${[command, ...args].join(' ')}`)
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  const exitCode = await new Promise<number>(resolve => {
    child.on('error', () => resolve(-1))
    child.on('close', code => resolve(code ?? -1))
  })
  count(title, exitCode === 0 ? 'passed' : 'failed')
}

async function types (): Promise<void> {
  await check('types', 'tsc', ['--noEmit'])
  await check('types of the extension', 'tsc', ['--noEmit', '-p', 'extension'])
  await check('types of the page', 'tsc', ['--noEmit', '-p', 'cli/inspect/page'])
}

/** What the apps of tests are made of: each test would have to wait for it within its time. */
async function fetchPackages (): Promise<void> {
  const fetching = { progress, signal: AbortSignal.timeout(FETCH_MS) }
  await Promise.all([preparePython(fetching), javaPart(fetching)]).catch((error: unknown) => {
    console.error(error)
    count('the packages for Python and Java are fetched', 'failed')
  })
}

/** Runs AVA and counts its tests. `times`: of the files, where one runs at a time. */
async function ava (args: readonly string[], times?: FileTimes): Promise<void> {
  progress(`ava ${args.join(' ')}`)
  const child = spawn('ava', ['--tap', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise<number>(resolve => {
    child.on('error', () => resolve(-1))
    child.on('close', code => resolve(code ?? -1))
  })
  let ran = 0
  // AVA's own time-out does not end a worker that is stuck; a run that hangs must fail, not wait for ever.
  const watchdog = setTimeout(() => {
    count(`ava ${args.join(' ')} said nothing for ${SILENCE_MS / 60_000} minutes`, 'failed')
    child.kill('SIGKILL')
  }, SILENCE_MS)
  for await (const line of createInterface({ input: child.stdout })) {
    watchdog.refresh()
    const [, not, title, skipped] = /^(not )?ok \d+ - (.*?)( # (?:SKIP|TODO).*)?$/.exec(line) ?? []
    if (title === undefined) {
      // Everything but the plan: what a test logged, and why one failed.
      if (line.trim() !== '' && !/^(TAP version|1\.\.|# (tests|pass|fail|skip|todo) )/.test(line)) console.log(line)
      continue
    }
    ran++
    times?.ended(title, performance.now())
    count(title, skipped !== undefined ? 'skipped' : not !== undefined ? 'failed' : 'passed')
  }
  const exitCode = await exited
  clearTimeout(watchdog)
  if (ran === 0 || (exitCode !== 0 && counts.failed === 0)) count(ran === 0 ? `ava found no tests: ${args.join(' ')}` : `ava ended with ${exitCode}`, 'failed')
}

function count (title: string, outcome: keyof Counts): void {
  counts[outcome]++
  if (outcome !== 'passed') failures.push(`${outcome}: ${title}`)
  console.log(`${{ passed: 'ok  ', failed: 'FAIL', skipped: 'skip' }[outcome]} ${title}`)
}

/** A cluster that was up stays up, and what is in it; one of ours leaves nothing on the machine. */
async function endToEnd (): Promise<void> {
  try {
    const wasUp = (await clusterStatus()).state === 'up'
    // What is installed and built once per machine stays there: only then is it looked what else does.
    await clusterPrepare({ progress })
    const [images] = await Promise.all([buildImages({ progress }), bundlePrograms(['waylay'])])
    const before = wasUp ? undefined : await takeInventory()
    try {
      await onCluster(images)
    } finally {
      if (before !== undefined) await checkNothingIsLeft(before)
    }
  } catch (error) {
    console.error(error)
    count('the cluster comes up and goes down', 'failed')
  }
}

async function onCluster (images: ImageSet): Promise<void> {
  const cluster = await clusterUp({ progress })
  await loadImages(cluster, images)
  progress(`cluster: ${cluster.kind}, Kubernetes ${cluster.kubernetesVersion}`)
  process.env['KUBECONFIG'] = cluster.kubeconfigPath
  // A run that was killed may have left another version, or one that was set up for a test.
  const waylay = async (...args: readonly string[]) => await run(process.execPath, ['dist/waylay.js', ...args])
  await waylay('install', '--dry-run').catch(async () => await waylay('uninstall'))
  await check('waylay install injects a pod', process.execPath, ['dist/waylay.js', 'install'])
  const times = new FileTimes(performance.now())
  if (endToEndFiles.length > 0) await ava(['--config', 'ava.e2e.config.js', ...endToEndFiles], times)
  else await allEndToEnd(times)
  progress(['end-to-end files by their time, the slowest first:', ...times.lines()].join('\n'))
  await check('waylay uninstall ends well', process.execPath, ['dist/waylay.js', 'uninstall'])
}

async function allEndToEnd (times: FileTimes): Promise<void> {
  const patient = PATIENT_FILES.map(endToEndFile)
  await ava(['--config', 'ava.e2e.config.js', '--concurrency', String(BESIDE), ...patient])
  times.ended(`${PATIENT_FILES.join(', ')}, beside each other`, performance.now())
  const others = readdirSync('test/e2e').filter(name => name.endsWith('.test.ts')).map(name => `test/e2e/${name}`)
  await ava(['--config', 'ava.e2e.config.js', ...others.filter(path => !patient.includes(path))], times)
}

function endToEndFile (name: string): string {
  return `test/e2e/${name}.test.ts`
}

async function checkNothingIsLeft (before: Inventory): Promise<void> {
  await clusterDown({ progress })
  const left = leftBehind(before, await takeInventory())
  for (const line of left) console.log(`left behind: ${line}`)
  count('the cluster leaves nothing behind on this machine', left.length === 0 ? 'passed' : 'failed')
}

function progress (line: string): void {
  console.error(`[${((performance.now() - startedMs) / 1000).toFixed(0).padStart(4)} s] ${line}`)
}

// Before the tests: those that need it would have to wait for it within their time.
await ensureChromium(progress).catch((error: unknown) => {
  console.error(error)
  count('this machine has a Chromium', 'failed')
})
if (!onlyEndToEnd) {
  // Each uses one core; what the registry sends comes meanwhile.
  await Promise.all([check('lint', 'eslint', ['--max-warnings', '0', '.']), types(), fetchPackages()])
  await ava([])
  await check('12 seconds of random streams through the data path', process.execPath,
    ['test/fuzz/main.ts', '--seconds', '12', '--seed', String(await commitSeed())])
}
await endToEnd()
for (const failure of failures) console.log(failure)
// On a build machine nothing may be missing; at home a missing tool is said and let pass.
const skipFails = process.env['CI'] === 'true' && counts.skipped > 0
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed > 0 || skipFails ? 1 : 0
