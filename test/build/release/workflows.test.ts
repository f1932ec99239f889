import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test from 'ava'
import { parse } from 'yaml'
import { ROOT } from '../../../build/bundle.ts'
import { joinCommands, pushCommands, RELEASED } from '../../../build/release/images.ts'
import { faultsOf } from '../../../build/release/tag.ts'
import { NODE_VERSION, PLATFORM_NAMES } from '../../../build/sea/platform.ts'
import { VERSION } from '../../../common/version.ts'

const run = promisify(execFile)

type Step = { readonly uses?: string, readonly run?: string, readonly with?: Readonly<Record<string, unknown>> }
type Job = {
  readonly permissions?: Readonly<Record<string, string>>
  readonly needs?: string | readonly string[]
  readonly uses?: string
  readonly 'timeout-minutes'?: number
  readonly strategy?: { readonly matrix: { readonly include?: readonly Readonly<Record<string, string>>[] } }
  readonly steps?: readonly Step[]
}
type Workflow = {
  readonly permissions?: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, Job>>
}

const FOLDER = join(ROOT, '.github/workflows')
const TEXTS = new Map(readdirSync(FOLDER).map(name => [name, readFileSync(join(FOLDER, name), 'utf8')]))
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
const release = workflow('release.yml')

function workflow (name: string): Workflow {
  return parse(TEXTS.get(name) ?? '') as Workflow
}

function runLinesOf (name: string): readonly string[] {
  return Object.values(workflow(name).jobs).flatMap(({ steps = [] }) => steps.flatMap(({ run = '' }) => run.split('\n')))
}

/** The lines of a step with the names of others' variables filled in, as its shell sees them. */
async function runLine (line: string, env: Readonly<Record<string, string>>): Promise<string> {
  return (await run('bash', ['-euo', 'pipefail', '-c', line], { cwd: ROOT, env: { ...process.env, ...env } })).stdout
}

for (const [name, text] of TEXTS) {
  test(`every action of ${name} is pinned by its commit, with the version beside it`, t => {
    const used = [...text.matchAll(/uses: (\S+)(.*)$/gm)].map(([, action = '', rest = '']) => ({ action, rest }))
    t.true(used.length > 0)
    t.deepEqual(used.filter(({ action, rest }) =>
      !action.startsWith('./') && !(/@[0-9a-f]{40}$/.test(action) && /^ # v\d+\.\d+\.\d+$/.test(rest))), [])
  })

  test(`${name} declares what its token may do, and no step puts an expression into a script`, t => {
    const { permissions, jobs } = workflow(name)
    for (const [job, { permissions: own, steps = [] }] of Object.entries(jobs)) {
      t.truthy(own ?? permissions, job)
      t.false(Object.values(own ?? {}).includes('write-all'))
      for (const { run = '' } of steps) t.notRegex(run, /\$\{\{/, job)
    }
  })

  test(`every npm script and file that ${name} runs is there`, t => {
    const lines = runLinesOf(name)
    const named = lines.flatMap(line => [...line.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => script))
    t.deepEqual(named.filter(script => scripts[script] === undefined), [])
    const files = lines.flatMap(line => /^node (\S+)/.exec(line)?.[1] ?? []).filter(file => !file.startsWith('dist/'))
    t.deepEqual(files.filter(file => !existsSync(join(ROOT, file))), [])
  })
}

test('only what is published has rights to write, and each job ends by itself', t => {
  const writes = Object.entries(release.jobs).flatMap(([job, { permissions = {} }]) =>
    Object.entries(permissions).filter(([, right]) => right === 'write').map(([right]) => `${job} ${right}`))

  t.deepEqual(release.permissions, {})
  t.deepEqual(writes, ['images packages', 'join-images packages', 'chart packages', 'npm id-token', 'assets contents'])
  for (const [name, job] of Object.entries(release.jobs)) t.true(job.uses !== undefined || job['timeout-minutes'] !== undefined, name)
})

test('every platform has its executable made on a machine of its own system', t => {
  const include = release.jobs['executables']?.strategy?.matrix.include ?? []

  t.deepEqual(include.map(({ platform = '' }) => platform), [...PLATFORM_NAMES])
  for (const { platform = '', runner = '' } of include) {
    const system = { linux: 'ubuntu', darwin: 'macos', win: 'windows' }[platform.split('-')[0] ?? '']
    t.true(runner.startsWith(system ?? '?'), `${platform} on ${runner}`)
    const isArm = runner.endsWith('-arm') || (runner.startsWith('macos') && !runner.endsWith('-intel'))
    t.is(platform.endsWith('-arm64'), isArm, `${platform} on ${runner}`)
  }
})

test('whatever the release builds is built by the project\'s own Node', t => {
  const versions = Object.values(release.jobs).flatMap(({ steps = [] }) =>
    steps.filter(({ uses = '' }) => uses.startsWith('actions/setup-node@')).map(step => step.with?.['node-version']))

  t.true(versions.length > 4)
  t.deepEqual([...new Set(versions)], [NODE_VERSION])
})

test('nothing is published of a tag whose tests or executables failed', t => {
  const needs = (job: string): readonly string[] => {
    const own = [release.jobs[job]?.needs ?? []].flat()
    return [...own, ...own.flatMap(needs)]
  }

  for (const job of ['npm', 'chart', 'join-images']) t.true(needs(job).includes('tests') && needs(job).includes('tag'), job)
  t.true(needs('npm').includes('executables'))
  t.deepEqual(['npm', 'chart', 'executables'].filter(job => !needs('assets').includes(job)), [])
  for (const name of Object.keys(release.jobs)) for (const need of needs(name)) t.truthy(release.jobs[need], need)
})

test('a tag of another version than the sources is refused, place by place', async t => {
  t.deepEqual(await faultsOf(`v${VERSION}`), [])
  t.is((await faultsOf('v9.9.9')).length, 5)
  const line = runLinesOf('release.yml').find(line => line.includes('tag.ts')) ?? ''

  await runLine(line, { TAG: `v${VERSION}` })
  const failed = await t.throwsAsync(runLine(line, { TAG: 'v9.9.9"; exit 0; "' })) as { readonly stderr?: string }
  t.regex(failed.stderr ?? '', /The tag is "v9\.9\.9"; exit 0; "", and not of that version are:\n {2}package\.json: /)
})

test('every image that a cluster pulls is pushed for both processors and joined', async t => {
  const stages = [...readFileSync(join(ROOT, 'Dockerfile'), 'utf8').matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, name = '']) => name)
  t.deepEqual(stages.filter(name => !/^(build|parts|propagate-.*)$/.test(name)), [...RELEASED])
  const env = { GITHUB_REPOSITORY_OWNER: 'Maria', ARCH: 'arm64' }
  const lines = runLinesOf('release.yml').filter(line => line.includes('build/release/images.ts'))
  const printed = await Promise.all(lines.map(async line => (await runLine(`${line} --dry-run`, env)).trim().split('\n')))

  const place = 'ghcr.io/maria/waylay'
  t.deepEqual(printed, [pushCommands(place, 'arm64'), joinCommands(place)].map(list => list.map(words => words.join(' '))))
  t.is(printed[1]?.[0], `docker buildx imagetools create --tag ${place}/sidecar:${VERSION} ` +
    `${place}/sidecar:${VERSION}-amd64 ${place}/sidecar:${VERSION}-arm64`)
  await t.throwsAsync(runLine('node build/release/images.ts push --registry ghcr.io/maria --arch mips --dry-run', {}))
})
