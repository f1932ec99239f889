import test from 'ava'
import type { SentHeaders } from './fixtures/send-request.ts'
import { startCaller } from '../helpers/caller-pod.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { getJson, tryKubectl } from '../helpers/kube.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { startIntercept, waylay } from '../helpers/waylay.ts'
import { deployApp, urlOf } from '../helpers/workload.ts'

const OPEN = { annotations: { 'waylay.dev/intercepts': 'all' } }
const ID = 'maria-12345678'
const MARIA = { 'x-waylay-id': ID }

test('repeated headers, patterns and several headers each get their own, and the app the rest', async t => {
  const namespace = await makeNamespace(t, OPEN)
  const [pod] = await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const wanted = {
    user: ['--http-header', `x-user=${ID}`],
    pattern: ['--http-header', 'x-team=pay*-eu'],
    both: ['--http-header', `x-user=${ID}`, '--http-header', 'x-step=two']
  }
  await Promise.all(Object.entries(wanted).map(async ([name, flags]) => {
    const program = await startProgram(t, name)
    await startIntercept(t, ['app', '-n', namespace, '--port', String(program.port), ...flags])
  }))
  const cases: readonly (readonly [headers: SentHeaders, answeredBy: string])[] = [
    [{ 'x-user': ID }, 'user'],
    [{ 'x-user': ['jon', ID] }, 'user'],
    [{ 'x-user': [ID, 'jon'] }, 'user'],
    [{ 'x-user': `jon, ${ID}` }, 'app'],
    [{ 'x-user': 'jon' }, 'app'],
    [{ 'x-team': 'payments-eu' }, 'pattern'],
    [{ 'x-team': 'pay-eu' }, 'pattern'],
    [{ 'x-team': ['orders-eu', 'pay-2-eu'] }, 'pattern'],
    [{ 'x-team': 'payments-us' }, 'app'],
    [{ 'x-team': ['pay', '-eu'] }, 'app'],
    [{ 'x-user': ID, 'x-step': 'two' }, 'both'],
    [{ 'x-user': ID, 'x-step': 'three' }, 'user'],
    [{ 'x-step': 'two' }, 'app'],
    [{ 'x-user': ID, 'x-team': 'pay-eu' }, 'user'],
    [{}, 'app']
  ]

  const answers = await Promise.all(cases.map(async ([headers]) => await caller.request(urlOf(pod!), headers)))

  for (const [index, [headers, answeredBy]] of cases.entries()) {
    t.is(answers[index]?.json.answeredBy, answeredBy, JSON.stringify(headers))
  }
  t.is(answers[10]?.headers['vary'], 'x-step, x-user')
  const listed = await waylay(['list', '-n', namespace])
  t.regex(listed.stdout, /x-team=pay\*-eu/)
  t.regex(listed.stdout, new RegExp(`x-step=two and x-user=${ID}`))
})

test('path and method narrow the developer\'s own header', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace)
  const caller = await startCaller(t, namespace)
  const program = await startProgram(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(program.port), '--id', ID,
    '--http-path-prefix', '/api', '--http-method', 'post', '--http-method', 'PUT'])
  const cases: readonly (readonly [method: string, path: string, headers: SentHeaders, answeredBy: string])[] = [
    ['POST', '/api', MARIA, 'maria'],
    ['PUT', '/api/orders?id=1', MARIA, 'maria'],
    ['POST', '/api/', { baggage: `k=v,waylay-id=${ID}` }, 'maria'],
    ['GET', '/api', MARIA, 'app'],
    ['POST', '/apix', MARIA, 'app'],
    ['POST', '/x?/api', MARIA, 'app'],
    ['POST', '/API', MARIA, 'app'],
    ['POST', '/api', {}, 'app']
  ]

  const answers = await Promise.all(cases.map(async ([method, path, headers]) =>
    await caller.request(`${urlOf(pod!)}${path}`, headers, method)))

  for (const [index, [method, path, headers, answeredBy]] of cases.entries()) {
    t.is(answers[index]?.json.answeredBy, answeredBy, `${method} ${path} ${JSON.stringify(headers)}`)
  }
  t.like(intercept.ready, { path: { type: 'PathPrefix', value: '/api' }, methods: ['POST', 'PUT'] })
  t.regex((await waylay(['list', '-n', namespace])).stdout, /x-waylay-id=maria-12345678 and path under \/api and method POST or PUT/)
})

test('a path alone needs the rights of a global one, and leaves preflights to the app', async t => {
  const [closed, open] = await Promise.all([makeNamespace(t), makeNamespace(t, OPEN)])
  const [, [pod]] = await Promise.all([deployApp(closed), deployApp(open)])
  const anna = await makeDeveloper(t, open, 'anna')
  const program = await startProgram(t, 'maria')
  const args = ['app', '--port', String(program.port), '--no-http-header', '--http-path-prefix', '/shared']

  const [unwilling, unable] = await Promise.all([
    waylay(['intercept', ...args, '-n', closed]), waylay(['intercept', ...args, '-n', open], { kubeconfig: anna })
  ])
  for (const { exitCode, stderr } of [unwilling, unable]) {
    t.is(exitCode, 3, stderr)
    t.regex(stderr, /path under \/shared(.|\n)*WAYLAY_GLOBAL_FORBIDDEN/)
  }
  for (const namespace of [closed, open]) {
    t.deepEqual((await getJson<{ items: unknown[] }>(['-n', namespace, 'intercepts'])).items, [])
  }

  const caller = await startCaller(t, open)
  await startIntercept(t, [...args, '-n', open])
  const preflight = { origin: 'http://shop.example', 'access-control-request-method': 'PUT' }
  const url = urlOf(pod!)
  const answers = await Promise.all([
    caller.request(`${url}/shared/x`), caller.request(`${url}/other`), caller.request(`${url}/shared/x`, preflight, 'OPTIONS')
  ])
  t.deepEqual(answers.map(({ json }) => json.answeredBy), ['maria', 'app', 'app'])
  t.is(answers[0].headers['vary'], undefined)
})

const NONSENSE: readonly (readonly [title: string, match: object, says: RegExp])[] = [
  ['a regular expression', { headers: [{ type: 'RegularExpression', name: 'a', value: '.*' }] }, /type is not Exact or Glob|Unsupported value/],
  ['a path without a slash', { path: { type: 'Exact', value: 'api' } }, /does not begin with|should match/],
  ['a path of another type', { path: { type: 'Regex', value: '/api' } }, /PathPrefix/],
  ['a method in lower case', { methods: ['get'] }, /upper-case|should match/],
  ['too many headers', { headers: Array.from({ length: 17 }, (_, at) => ({ type: 'Exact', name: 'a', value: `${at}` })) }, /at most 16|must have at most/],
  ['an unknown condition', { queryParams: [] }, /queryParams/]
]

test('nonsense is refused by the cluster, whoever applies it', async t => {
  const namespace = await makeNamespace(t, OPEN)
  for (const [title, match, says] of NONSENSE) {
    const spec = { workload: 'deployment/app', port: 8080, match, global: false, sessionKey: 'x' }
    const object = { apiVersion: 'waylay.dev/v1alpha1', kind: 'Intercept', metadata: { name: 'x', namespace }, spec }
    const { exitCode, stderr } = await tryKubectl(['apply', '-f', '-'], JSON.stringify(object))
    t.not(exitCode, 0, title)
    t.regex(stderr, says, title)
  }
})
