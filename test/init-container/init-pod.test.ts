/** Which commands run, in which order, in pods of every kind. The kernel's own word is in redirect.test.ts. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type ExecutionContext } from 'ava'
import { INJECTED_ENV, REDIRECTED_MARKER } from '../../common/contract.ts'
import { IPTABLES_NAMES } from '../../init-container/back-end.ts'
import { createBackEnds } from '../../init-container/back-ends.ts'
import { initPod, type InitResult } from '../../init-container/init-pod.ts'
import type { RunResult } from '../../init-container/run.ts'

const OK: RunResult = { code: 0, stdout: '', stderr: '' }
const BROKEN: RunResult = { code: 4, stdout: '', stderr: 'RULE_APPEND failed\n' }
const MISSING: RunResult = { code: undefined, stdout: '', stderr: 'ENOENT' }

const NO_NFT_RULES: RunResult = { ...OK, stdout: '{"nftables":[]}' }

const JUMP = '-A PREROUTING -j WAYLAY_INBOUND'
const OURS: RunResult = { ...OK, stdout: `*nat\n:WAYLAY_INBOUND - [0:0]\n${JUMP}\nCOMMIT\n` }
const THEIRS: RunResult = { ...OK, stdout: '*nat\n-A PREROUTING -j ISTIO_INBOUND\nCOMMIT\n' }

type World = { readonly answers: Readonly<Record<string, RunResult>>, readonly podIps: string }
type Story = {
  readonly commands: readonly string[]
  readonly inputs: readonly string[]
  readonly result: InitResult
  readonly marker: unknown
}

/** Runs the whole program against a table of answers; a command that is not in it succeeds and says nothing. */
function run (t: ExecutionContext, { answers, podIps }: World): Story {
  const folder = mkdtempSync(join(tmpdir(), 'waylay-init-pod-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const commands: string[] = []
  const inputs: string[] = []
  const runCommand = (command: string, args: readonly string[], stdin = ''): RunResult => {
    commands.push([command, ...args].join(' '))
    inputs.push(stdin)
    return answers[[command, ...args].join(' ')] ?? answers[command] ?? (args[0] === '--json' ? NO_NFT_RULES : OK)
  }
  const env = {
    [INJECTED_ENV.podIps]: podIps,
    [INJECTED_ENV.config]: JSON.stringify({
      version: '0.1.0',
      namespace: 'shop',
      workload: 'deployment/payments',
      ports: [{ port: 8080, listener: 15100, redirect: 'always' }],
      detours: [],
      ticketKey: 'none'
    })
  }
  const result = initPod(env, folder, { run: runCommand, backEnds: createBackEnds(runCommand) })
  const path = join(folder, REDIRECTED_MARKER)
  return { commands, inputs, result, marker: existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined }
}

test('a pod without rules gets both families through nft', t => {
  const { commands, marker } = run(t, { answers: {}, podIps: '10.0.0.2,fd00::2' })

  t.deepEqual(commands.filter(command => !command.includes('-save') && !command.includes('--json')), [
    'ip -batch -',
    'iptables-nft-restore --noflush --wait=5',
    'ip6tables-nft-restore --noflush --wait=5'
  ])
  t.deepEqual(marker, { backEnd: 'iptables-nft', families: [4, 6], notes: [] })
})

test('rules of an earlier run keep their jump and their back end', t => {
  const { commands, inputs, marker } = run(t, { answers: { 'iptables-legacy-save': OURS }, podIps: '10.0.0.2' })

  const restore = commands.indexOf('iptables-legacy-restore --noflush --wait=5')
  t.notRegex(inputs[restore] ?? '', /-A PREROUTING/)
  t.regex(inputs[restore] ?? '', /:WAYLAY_INBOUND - \[0:0\]/)
  t.like(marker, { backEnd: 'iptables-legacy' })
})

test('where nft lacks the recent match, legacy is tried next', t => {
  const { commands, marker } = run(t, { answers: { 'iptables-nft-restore': BROKEN }, podIps: '10.0.0.2' })

  t.deepEqual(commands.filter(command => command.includes('-restore')), [
    'iptables-nft-restore --noflush --wait=5', // with comments
    'iptables-nft-restore --noflush --wait=5', // without
    'iptables-legacy-restore --noflush --wait=5'
  ])
  t.like(marker, { backEnd: 'iptables-legacy' })
})

test('where neither iptables takes the rules, nftables gets them in one piece', t => {
  const answers = { 'iptables-nft-restore': BROKEN, 'iptables-legacy-restore': BROKEN }
  const { commands, inputs, marker } = run(t, { answers, podIps: '10.0.0.2' })

  t.regex(inputs[commands.indexOf('nft -f -')] ?? '', /^add table ip waylay\ndelete table ip waylay\ntable ip waylay {\n/)
  t.deepEqual(marker, { backEnd: 'nftables', families: [4], notes: ['no IPv6 rules: the pod has no IPv6 address'] })
})

test('missing ip6tables is no failure in a pod with only IPv4', t => {
  const answers = { 'ip6tables-nft-save': MISSING, 'ip6tables-legacy-save': MISSING, nft: MISSING }

  t.like(run(t, { answers, podIps: '10.0.0.2' }).marker, { families: [4] })
  t.is(run(t, { answers, podIps: '10.0.0.2,fd00::2' }).result.kind, 'untouched')
})

test('a restore that fails half way is taken back', t => {
  const answers = {
    'iptables-nft-restore': BROKEN, 'iptables-legacy-restore': BROKEN, 'iptables-nft-save': OURS, 'nft -f -': BROKEN
  }
  const { commands, result, marker } = run(t, { answers, podIps: '10.0.0.2' })

  t.is(result.kind, 'untouched')
  t.is(marker, undefined)
  for (const removal of ['-D PREROUTING 1', '-F WAYLAY_INBOUND', '-X WAYLAY_INBOUND']) {
    t.true(commands.includes(`iptables-nft -w 5 -t nat ${removal}`))
  }
  t.is(commands.at(-1), 'ip -force -batch -')
})

test('what cannot be taken back is named in the message', t => {
  const answers = {
    'iptables-nft-restore': BROKEN,
    'iptables-legacy-restore': BROKEN,
    'nft -f -': BROKEN,
    'iptables-nft-save': OURS,
    'iptables-nft -w 5 -t nat -X WAYLAY_INBOUND': BROKEN
  }
  const { result } = run(t, { answers, podIps: '10.0.0.2' })

  t.regex(result.kind === 'untouched' ? result.message : '', /Left behind: iptables-nft ended with 4: RULE_APPEND failed/)
})

test('a mesh in either back end keeps every command away', t => {
  const { commands, result } = run(t, { answers: { 'iptables-legacy-save': THEIRS }, podIps: '10.0.0.2' })

  t.is(result.kind, 'untouched')
  t.deepEqual(commands.filter(command => command.includes('-restore')), [])
})

test('a pod without any iptables says so and stays untouched', t => {
  const programs = IPTABLES_NAMES.flatMap(name => [`iptables-${name}-save`, `ip6tables-${name}-save`])
  const answers = Object.fromEntries([...programs, 'nft'].map(name => [name, MISSING]))
  const { result } = run(t, { answers, podIps: '10.0.0.2' })

  t.regex(result.kind === 'untouched' ? result.message : '', /iptables-nft-save did not run: ENOENT/)
})
