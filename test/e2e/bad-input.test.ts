import test, { type ExecutionContext } from 'ava'
import { EXIT_CODES, FAILURES, type WaylayCode } from '../../common/failures.ts'
import { makeDeveloper, makeStranger, writeKubeconfigOf } from '../helpers/identity.ts'
import { getJson } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp } from '../helpers/workload.ts'

type Case = {
  readonly title: string
  /** `$ns` becomes the injected namespace, `$plain` one that is not. */
  readonly args: readonly string[]
  readonly code: WaylayCode
  /** The message repeats the value. */
  readonly names: string
}

const CASES: readonly Case[] = [
  { title: 'an unknown workload', args: ['intercept', 'nope', '-n', '$ns', '--port', '3000'], code: 'WAYLAY_WORKLOAD_UNKNOWN', names: 'nope' },
  { title: 'a workload of another kind', args: ['intercept', 'statefulset/app', '-n', '$ns', '--port', '3000'], code: 'WAYLAY_WORKLOAD_UNKNOWN', names: 'statefulset "app"' },
  { title: 'an unknown kind', args: ['intercept', 'thing/app', '-n', '$ns', '--port', '3000'], code: 'WAYLAY_WORKLOAD_UNKNOWN', names: 'thing' },
  { title: 'a port that is not exposed', args: ['intercept', 'app', '-n', '$ns', '--port', '3000:9999'], code: 'WAYLAY_PORT_UNKNOWN', names: '9999' },
  { title: 'an unknown port name', args: ['intercept', 'app', '-n', '$ns', '--port', '3000:grpc'], code: 'WAYLAY_PORT_UNKNOWN', names: 'grpc' },
  { title: 'a port that is no number', args: ['intercept', 'app', '-n', '$ns', '--port', '99999'], code: 'WAYLAY_USAGE', names: '99999' },
  { title: 'a workload that is not injected', args: ['intercept', 'app', '-n', '$plain', '--port', '3000'], code: 'WAYLAY_NOT_INJECTED', names: 'app' },
  { title: 'a malformed header', args: ['intercept', 'app', '-n', '$ns', '--port', '3000', '--http-header', 'no value'], code: 'WAYLAY_HEADER_MALFORMED', names: 'no value' },
  { title: 'a header name with a space', args: ['intercept', 'app', '-n', '$ns', '--port', '3000', '--http-header', 'a b=c'], code: 'WAYLAY_HEADER_MALFORMED', names: 'a b' },
  { title: 'a path without its slash', args: ['intercept', 'app', '-n', '$ns', '--port', '3000', '--http-path-prefix', 'api'], code: 'WAYLAY_MATCH_MALFORMED', names: '"api"' },
  { title: 'a regular expression', args: ['intercept', 'app', '-n', '$ns', '--port', '3000', '--http-path-regex', '/a.*'], code: 'WAYLAY_USAGE', names: '/a.*' },
  { title: 'a value that anybody could guess', args: ['intercept', 'app', '-n', '$ns', '--port', '3000', '--id', 'jon'], code: 'WAYLAY_GLOBAL_FORBIDDEN', names: 'jon' },
  { title: 'an unknown flag', args: ['intercept', 'app', '-n', '$ns', '--prot', '3000'], code: 'WAYLAY_USAGE', names: '--prot' },
  { title: 'an unknown command', args: ['interceptt'], code: 'WAYLAY_USAGE', names: 'interceptt' },
  { title: 'an unknown context', args: ['list', '--context', 'nowhere'], code: 'WAYLAY_NO_CLUSTER', names: 'nowhere' },
  { title: 'a kubeconfig that is not there', args: ['list', '--kubeconfig', '/nowhere/config'], code: 'WAYLAY_NO_CLUSTER', names: '/nowhere/config' },
  { title: 'an intercept that is not there', args: ['leave', 'app', '-n', '$ns'], code: 'WAYLAY_INTERCEPT_UNKNOWN', names: 'app' },
  { title: 'a namespace that is not there', args: ['intercept', 'app', '-n', 'not-there', '--port', '3000'], code: 'WAYLAY_WORKLOAD_UNKNOWN', names: 'not-there' }
]

test('each bad input gets one message, its exit code, and leaves nothing half-made', async t => {
  const [ns, plain] = await Promise.all([makeNamespace(t), makeNamespace(t, { inject: false })])
  await Promise.all([deployApp(ns), deployApp(plain)])
  for (const { title, args, code, names } of CASES) {
    const { exitCode, stdout, stderr } = await waylay(args.map(arg => arg === '$ns' ? ns : arg === '$plain' ? plain : arg))
    checkMessage(t, title, code, names, { exitCode, stdout, stderr })
  }
  for (const namespace of [ns, plain]) {
    t.deepEqual((await getJson<{ items: unknown[] }>(['-n', namespace, 'intercepts'])).items, [])
  }
})

test('a cluster that does not answer is said in one message', async t => {
  const kubeconfig = writeKubeconfigOf(t, 'https://127.0.0.1:1', 'token')
  const result = await waylay(['intercept', 'app', '--port', '3000'], { kubeconfig })
  checkMessage(t, 'no cluster', 'WAYLAY_NO_CLUSTER', '127.0.0.1:1', result)
})

test('a user without rights is told which verb is missing', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const kubeconfig = await makeStranger(t, namespace, 'stranger')

  const result = await waylay(['intercept', 'app', '-n', namespace, '--port', '3000'], { kubeconfig })

  checkMessage(t, 'no rights', 'WAYLAY_FORBIDDEN', 'list pods', result)
})

test('a developer with our Role can intercept, and a second one is told who holds it', async t => {
  const namespace = await makeNamespace(t)
  await deployApp(namespace)
  const [anna, ben] = await Promise.all([makeDeveloper(t, namespace, 'anna'), makeDeveloper(t, namespace, 'ben')])
  const program = await startProgram(t, 'anna')
  const args = ['app', '-n', namespace, '--port', String(program.port), '--id', 'shared-12345678']
  const intercept = await startIntercept(t, args, { kubeconfig: anna })

  const conflict = await waylay(['intercept', ...args], { kubeconfig: ben })
  const leave = await waylay(['leave', intercept.ready.intercept, '-n', namespace], { kubeconfig: ben })

  checkMessage(t, 'conflict', 'WAYLAY_CONFLICT', `system:serviceaccount:${namespace}:anna`, conflict)
  t.not(leave.exitCode, 0, 'nobody ends another\'s intercept without the right to')
  const { items } = await getJson<{ items: { spec: { owner: string } }[] }>(['-n', namespace, 'intercepts'])
  t.deepEqual(items.map(({ spec }) => spec.owner), [`system:serviceaccount:${namespace}:anna`])
})

function checkMessage (t: ExecutionContext, title: string, code: WaylayCode, names: string, result: {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}): void {
  const { exitCode, stdout, stderr } = result
  t.is(exitCode, EXIT_CODES[FAILURES[code].class], `${title}: ${stderr}`)
  t.regex(stderr, new RegExp(`^  Code: +${code} `, 'm'), title)
  t.regex(stderr, /^ {2}Try: +\S/m, `${title} says what to do`)
  t.true(stderr.includes(names), `${title} repeats ${names}: ${stderr}`)
  t.notRegex(stderr, /^ +at /m, `${title} shows no stack`)
  t.is(stdout, '', `${title} prints no result`)
}
