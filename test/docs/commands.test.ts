import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'ava'
import type { Command } from 'commander'
import { aProgram, visibleCommands } from '../cli/helpers/a-program.ts'
import { codeOf, PAGES, pageAt, ROOT, shellLinesOf, tableOf } from './pages.ts'

const program = aProgram()

const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

const code = PAGES.flatMap(page => codeOf(page).map(text => ({ page: page.path, text })))

/** What is wrong with a line that begins with `waylay`, if anything is. */
function faultOf (line: string): string | undefined {
  const words = line.split(/ -- | && /, 1)[0]?.split(/\s+/).slice(1) ?? []
  const name = words.find(word => !word.startsWith('-'))
  if (name === undefined || name === 'help' || !/^[a-z]/.test(name)) return undefined
  const command = commandOf(words, program)
  if (command === program) return `no command "${name}"`
  const flags = words.filter(word => /^-{1,2}[a-z]/i.test(word)).map(word => word.split('=', 1)[0] ?? '')
  const unknown = flags.find(flag => !hasFlag(command, flag))
  return unknown === undefined ? undefined : `"${name}" has no flag ${unknown}`
}

/** The command that the words name, or the one below it that the next one names. */
function commandOf (words: readonly string[], above: Command): Command {
  const [word, ...others] = words.filter(word => !word.startsWith('-'))
  const below = above.commands.find(command => command.name() === word)
  return below === undefined ? above : commandOf(others, below)
}

function withThoseBelow (command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(withThoseBelow)]
}

function hasFlag (command: Command, flag: string): boolean {
  const options = [command, command.parent, program].flatMap(known => known?.options ?? [])
  return flag === '--help' || options.some(({ short, long }) => [short, long].includes(flag))
}

test('every waylay command in the docs is one with real flags', t => {
  const lines = code.filter(({ text }) => /^waylay /.test(text))
  t.true(lines.length > 20)
  const wrong = lines.map(line => ({ ...line, fault: faultOf(line.text) })).filter(({ fault }) => fault !== undefined)
  t.deepEqual(wrong, [])
})

test('the check of commands finds a wrong command and a flag', t => {
  t.is(faultOf('waylay intercpt payments'), 'no command "intercpt"')
  t.is(faultOf('waylay list --prot 3000'), '"list" has no flag --prot')
  t.is(faultOf('waylay intercept payments --port 3000 -- npm run --what'), undefined)
})

test('every flag that the docs name alone belongs to some command', t => {
  // Those of init, of other programs, of every command.
  const others = new Set(['--dry-run', '--mask ::', '--src-type LOCAL', '--help'])
  const flags = code.filter(({ text }) => /^--[a-z]/.test(text) && !others.has(text))
  const known = withThoseBelow(program).flatMap(({ options }) => options.map(({ long }) => long))
  t.deepEqual(flags.filter(({ text }) => !known.includes(text.split(/[ =]/, 1)[0])), [])
})

test('every command has a row in the page of commands', t => {
  const rows = tableOf(pageAt('docs/commands.md'), ['Command', 'For example', 'Does']).flatMap(([names = '']) => names.split(', '))
  t.deepEqual([...rows].sort(), visibleCommands().map(command => command.name()).sort())
})

test('every npm script in the docs is in the package', t => {
  const named = code.flatMap(({ page, text }) =>
    [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, script = '']) => ({ page, script })))
  t.true(named.length > 8)
  t.deepEqual(named.filter(({ script }) => scripts[script] === undefined), [])
})

test('every file that the docs hand to ava is there', t => {
  const files = code.flatMap(({ text }) => /^npx ava .*?(test\/\S+\.test\.ts)/.exec(text)?.[1] ?? [])
  t.true(files.length > 1)
  t.deepEqual(files.filter(file => !existsSync(join(ROOT, file))), [])
})

type RunBy = Readonly<Record<string, readonly [file: string, piece: string]>>

/**
 * Where each command of the README is run: a file, and the piece of it that does so. The label is set with `apply` and
 * not with `kubectl label`: what the API server gets is the same.
 */
const README_RUN_BY: RunBy = {
  'npm run demo': ['test/e2e/demo.test.ts', '\'run\', \'demo\''],
  'npm test': ['.ci/run', 'npm test'],
  'waylay install': ['test/run.ts', '[\'dist/waylay.js\', \'install\']'],
  'kubectl label namespace shop waylay.dev/inject=enabled': ['test/helpers/namespace.ts', '\'waylay.dev/inject\': \'enabled\''],
  'kubectl -n shop rollout restart deployment': ['demo/set-up.ts', '\'--namespace\', SHOP, \'rollout\', \'restart\', \'deployment\''],
  'waylay intercept payments --port 3000': ['demo/story.ts', 'intercept(\'payments\', newRoutingValue(\'demo\'), 3000'],
  'waylay intercept service/payments --port 3000': ['test/e2e/standing.test.ts', '[\'service/app\', \'-n\', namespace, \'--port\''],
  'curl -H \'x-waylay-id: maria-3fk27d4a\' http://payments.shop/': ['test/e2e/intercept.test.ts', 'caller.request(urlOf(pod), MARIA)'],
  'waylay list': ['test/e2e/intercept.test.ts', 'waylay([\'list\', \'-n\', namespace])'],
  'waylay env up pr-123 --workload payments --image registry.example.org/payments:pr-123':
    ['bench/environments/command.ts', '[\'up\', name, \'--workload\', APPS.app, \'--image\', FIXTURES_IMAGE'],
  'waylay env down pr-123': ['demo/environment.ts', '\'env\', \'down\', ...place'],
  'waylay leave payments': ['test/e2e/intercept.test.ts', 'waylay([\'leave\', \'app\', \'-n\', namespace])'],
  'waylay uninstall': ['test/run.ts', '[\'dist/waylay.js\', \'uninstall\']']
}

const REGISTRY = 'test/e2e/private-registry.test.ts'

/** The same for the page of the installation. Helm is not run: its packages render the chart, kubectl applies it. */
const INSTALL_RUN_BY: RunBy = {
  'waylay install --dry-run': ['test/e2e/install.test.ts', 'run([\'install\', \'--dry-run\'])'],
  'waylay install': ['test/run.ts', '[\'dist/waylay.js\', \'install\']'],
  'kubectl apply -k manifests': ['test/e2e/install.test.ts', 'kubectl([\'apply\', \'-k\', MANIFESTS])'],
  'helm install waylay manifests/chart': ['test/e2e/install.test.ts', 'apply(...(await chartObjects(CHART))'],
  'waylay upgrade --dry-run': ['test/e2e/install.test.ts', 'run([\'upgrade\', \'--dry-run\'], next)'],
  'waylay upgrade': ['test/e2e/install.test.ts', 'run([\'upgrade\'], next)'],
  'waylay install --image-registry registry.example.org/waylay':
    [REGISTRY, '\'--image-registry\', \'registry.invalid/team\''],
  'kubectl create namespace waylay-system': [REGISTRY, '[\'create\', \'namespace\', \'waylay-system\']'],
  'kubectl -n waylay-system create secret docker-registry registry-login --docker-server=registry.example.org --docker-username=maria --docker-password=…':
    [REGISTRY, '\'create\', \'secret\', \'docker-registry\', \'registry-login\''],
  'waylay install --image-registry registry.example.org/waylay --image-pull-secret registry-login':
    [REGISTRY, '\'--image-pull-secret\', \'registry-login\''],
  'waylay uninstall --dry-run': ['test/e2e/install.test.ts', 'run([\'uninstall\', \'--dry-run\'], next)'],
  'waylay uninstall': ['test/run.ts', '[\'dist/waylay.js\', \'uninstall\']'],
  'kubectl label namespace shop waylay.dev/inject-': ['test/e2e/under-load.test.ts', 'namespace, \'waylay.dev/inject-\''],
  'kubectl -n shop rollout restart deployment': ['demo/set-up.ts', '\'--namespace\', SHOP, \'rollout\', \'restart\', \'deployment\'']
}

const ENV_UP = ['bench/environments/command.ts', '[\'up\', name, \'--workload\', APPS.app, \'--image\', FIXTURES_IMAGE, \'--ttl\''] as const

/** And for the page of environments. */
const CI_RUN_BY: RunBy = {
  'waylay install': README_RUN_BY['waylay install'] ?? ['', ''],
  'kubectl label namespace shop waylay.dev/inject=enabled': ['test/helpers/namespace.ts', '\'waylay.dev/inject\': \'enabled\''],
  'kubectl -n shop rollout restart deployment': ['demo/set-up.ts', '\'--namespace\', SHOP, \'rollout\', \'restart\', \'deployment\''],
  'kubectl -n shop create rolebinding ci-environments --clusterrole=waylay-environments --serviceaccount=ci:deployer':
    ['test/helpers/identity.ts', '[\'-n\', namespace, \'create\', \'rolebinding\', name, '],
  'waylay grant deployer -n shop --environments --ttl 30d --out environments.kubeconfig':
    ['test/e2e/roles.test.ts', '[\'waylay-environments\', \'--environments\']'],
  'kubectl annotate namespace shop waylay.dev/max-environments=50 waylay.dev/max-environment-ttl=7d':
    ['bench/environments/run-rows.ts', '\'annotate\', \'namespace\', lab.namespace'],
  'waylay env up pr-123 -n shop --workload payments --image registry.example.org/payments:pr-123 --ttl 2h': ENV_UP,
  'waylay env up pr-123 -n shop --workload payments --image registry.example.org/payments:pr-124 --ttl 2h': ENV_UP,
  'curl -H \'x-waylay-id: pr-123-k4x2m7qp\' http://payments.shop/':
    ['test/e2e/environments.test.ts', 'caller.request(urlOf(pod), headers)'],
  'waylay env list -n shop': ['bench/environments/run-rows.ts', 'waylayEnv(deps, [\'list\'])'],
  'waylay env logs pr-123 -n shop': ['test/cli/ephemeral/logs.test.ts', '\'env\', \'logs\''],
  'waylay env url pr-123 -n shop': ['test/cli/ephemeral/url.test.ts', '\'env\', \'url\''],
  'waylay env extend pr-123 -n shop --ttl 4h': ['test/cli/ephemeral/extend.test.ts', '[\'env\', \'extend\', ...args'],
  'waylay env down pr-123 -n shop': ['demo/environment.ts', '\'env\', \'down\', ...place']
}

const PAGES_RUN_BY = [['README.md', README_RUN_BY], ['docs/install.md', INSTALL_RUN_BY], ['docs/ci.md', CI_RUN_BY]] as const
for (const [page, runBy] of PAGES_RUN_BY) {
  test(`every shell command of ${page} is run by a test or the demo`, t => {
    t.deepEqual([...new Set(shellLinesOf(pageAt(page)))].sort(), Object.keys(runBy).sort())
    for (const [command, [file, piece]] of Object.entries(runBy)) {
      t.true(readFileSync(join(ROOT, file), 'utf8').includes(piece), `${file} runs ${command}`)
    }
  })
}
