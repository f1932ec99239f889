import test from 'ava'
import type { HeaderMatch } from '../../intercepts/header-match.ts'
import type { Match } from '../../intercepts/match.ts'
import type { RequestView } from '../../intercepts/request-view.ts'
import { OpenTurns } from '../../proxy/open-turns.ts'
import { Presence } from '../../proxy/presence.ts'
import { varyBy } from '../../proxy/condition.ts'
import type { Route } from '../../proxy/route.ts'
import { RouteTable } from '../../proxy/routes.ts'

const PORT = 8080
const exact = (name: string, value: string): HeaderMatch => ({ type: 'Exact', name, value })
const glob = (name: string, value: string): HeaderMatch => ({ type: 'Glob', name, value })
const ID = (value: string): Match => ({ headers: [exact('x-waylay-id', value)] })
const under = (value: string) => ({ type: 'PathPrefix', value }) as const

function route (intercept: string, match: Match, fence = 1): Route {
  const openStream = (): never => { throw new Error('unused') }
  const turns = new OpenTurns()
  const mayOpen = (): boolean => true
  const holder = { sessionKey: '', onReplaced: () => {} }
  const presence = new Presence(() => 0)
  const isGone = (): boolean => false
  const report = (): void => {}
  return { intercept, port: PORT, match, fence, holder, presence, turns, mayOpen, openStream, isGone, report }
}

type Headers = readonly (readonly [name: string, value: string])[]
type Sent = { readonly method?: string, readonly target?: string, readonly headers?: Headers }

function viewOf ({ method = 'GET', target = '/', headers = [] }: Sent, asked: string[] = []): RequestView {
  const values = (name: string): readonly string[] => {
    asked.push(name)
    return headers.filter(([key]) => key === name).map(([, value]) => value)
  }
  return { method, target, values }
}

/** Names of intercepts to their matches; in the order of their age. */
type World = Readonly<Record<string, Match>>

function portOf (world: World) {
  const table = new RouteTable(() => {})
  for (const [index, [name, match]] of Object.entries(world).entries()) table.add(route(name, match, index))
  return table.forPort(PORT)
}

const PREFLIGHT = [['origin', 'http://x'], ['access-control-request-method', 'PUT']] as const
const BOTH: Match = { headers: [exact('x-user', 'maria'), exact('x-step', '2')] }
const cases: readonly (readonly [title: string, world: World, sent: Sent, chosen: string | undefined])[] = [
  ['nobody intercepts', {}, { headers: [['x-waylay-id', 'a']] }, undefined],
  ['the header fits', { a: ID('maria') }, { headers: [['x-waylay-id', 'maria']] }, 'a'],
  ['the value is in another case', { a: ID('maria') }, { headers: [['x-waylay-id', 'Maria']] }, undefined],
  ['the value is a part', { a: ID('maria') }, { headers: [['x-waylay-id', 'maria, jon']] }, undefined],
  ['the second line of a header fits', { a: ID('maria') }, { headers: [['x-waylay-id', 'jon'], ['x-waylay-id', 'maria']] }, 'a'],
  ['each of two lines fits another', { a: ID('maria'), b: ID('jon') }, { headers: [['x-waylay-id', 'jon'], ['x-waylay-id', 'maria']] }, 'a'],
  ['the value has characters beyond ASCII', { a: ID('mária') }, { headers: [['x-waylay-id', 'm\u00c3\u00a1ria']] }, 'a'],
  ['the baggage member fits', { a: ID('maria') }, { headers: [['baggage', 'k=v, waylay-id=mari%61;p=1']] }, 'a'],
  ['the baggage member fits a pattern', { a: { headers: [glob('x-waylay-id', 'mar*')] } }, { headers: [['baggage', 'waylay-id=maria']] }, 'a'],
  ['another baggage member has the value', { a: ID('maria') }, { headers: [['baggage', 'id=maria,waylay-idx=maria']] }, undefined],
  ['baggage stands for no other header', { a: { headers: [exact('x-user', 'maria')] } }, { headers: [['baggage', 'waylay-id=maria']] }, undefined],
  ['header and baggage mean two', { a: ID('maria'), b: ID('jon') }, { headers: [['x-waylay-id', 'jon'], ['baggage', 'waylay-id=maria']] }, 'a'],
  ['both conditions hold', { a: BOTH }, { headers: [['x-step', '2'], ['x-user', 'maria']] }, 'a'],
  ['one of two conditions holds', { a: BOTH }, { headers: [['x-user', 'maria'], ['x-step', '3']] }, undefined],
  ['two values of one header are asked for and sent', { a: { headers: [exact('x', '1'), exact('x', '2')] } }, { headers: [['x', '2'], ['x', '1']] }, 'a'],
  ['two values of one header are asked for and one is sent', { a: { headers: [exact('x', '1'), exact('x', '2')] } }, { headers: [['x', '2']] }, undefined],
  ['a pattern fits any line', { a: { headers: [glob('cookie', '*user=maria*')] } }, { headers: [['cookie', 'a=b'], ['cookie', 'c=d; user=maria']] }, 'a'],
  ['a pattern does not fit across lines', { a: { headers: [glob('x', 'a*b')] } }, { headers: [['x', 'a'], ['x', 'b']] }, undefined],
  ['a pattern that fits all wants the header', { a: { headers: [glob('x', '*')] } }, {}, undefined],
  ['header and path hold', { a: { ...ID('m'), path: under('/api') } }, { target: '/api/x?y', headers: [['x-waylay-id', 'm']] }, 'a'],
  ['the header holds, the path does not', { a: { ...ID('m'), path: under('/api') } }, { target: '/apix', headers: [['x-waylay-id', 'm']] }, undefined],
  ['the path holds, the header does not', { a: { ...ID('m'), path: under('/api') } }, { target: '/api/x' }, undefined],
  ['the query looks like the path', { a: { headers: [], path: under('/api') } }, { target: '/x?/api/' }, undefined],
  ['the target is absolute', { a: { headers: [], path: under('/api') } }, { target: 'http://h/api/x' }, 'a'],
  ['OPTIONS * has no path', { a: { headers: [], path: under('/') } }, { method: 'OPTIONS', target: '*' }, undefined],
  ['CONNECT has no path', { a: { headers: [], path: under('/') } }, { method: 'CONNECT', target: 'h:1' }, undefined],
  ['one of the methods is sent', { a: { headers: [], methods: ['POST', 'PUT'] } }, { method: 'PUT' }, 'a'],
  ['none of the methods is sent', { a: { headers: [], methods: ['POST', 'PUT'] } }, { method: 'GET' }, undefined],
  ['a method is sent in lower case', { a: { headers: [], methods: ['POST'] } }, { method: 'post' }, undefined],
  ['a global one takes what is left', { a: { headers: [] }, b: ID('m') }, {}, 'a'],
  ['a header goes before a global one', { a: { headers: [] }, b: ID('m') }, { headers: [['x-waylay-id', 'm']] }, 'b'],
  ['a pattern goes before a global one and behind a header', { a: { headers: [] }, b: { headers: [glob('x-waylay-id', 'm*')] }, c: ID('m') },
    { headers: [['x-waylay-id', 'mm']] }, 'b'],
  ['more headers go before fewer of another name', { a: ID('m'), b: BOTH },
    { headers: [['x-waylay-id', 'm'], ['x-user', 'maria'], ['x-step', '2']] }, 'b'],
  ['the one with more headers does not hold', { a: ID('m'), b: { headers: [...ID('m').headers, exact('x-step', '1')] } },
    { headers: [['x-waylay-id', 'm'], ['x-step', '2']] }, 'a'],
  ['the longer prefix goes first', { a: { headers: [], path: under('/api') }, b: { headers: [], path: under('/api/x') } }, { target: '/api/x/y' }, 'b'],
  ['the kubelet probes', { a: { headers: [] }, b: ID('m') }, { headers: [['user-agent', 'kube-probe/1.34'], ['x-waylay-id', 'm']] }, undefined],
  ['somebody names the kubelet', { a: { headers: [] } }, { headers: [['user-agent', 'curl kube-probe/1.34']] }, 'a'],
  ['a preflight carries the header', { a: ID('m') }, { method: 'OPTIONS', headers: [...PREFLIGHT, ['x-waylay-id', 'm']] }, 'a'],
  ['a preflight comes to a path', { a: { headers: [], path: under('/') } }, { method: 'OPTIONS', headers: PREFLIGHT }, undefined],
  ['a preflight comes to a method', { a: { headers: [], methods: ['OPTIONS'] } }, { method: 'OPTIONS', headers: PREFLIGHT }, undefined],
  ['a preflight comes to a pattern', { a: { headers: [glob('origin', '*')] } }, { method: 'OPTIONS', headers: PREFLIGHT }, undefined],
  ['a preflight comes to a global one behind a path', { a: { headers: [], path: under('/') }, b: { headers: [] } }, { method: 'OPTIONS', headers: PREFLIGHT }, 'b'],
  ['OPTIONS without Origin is no preflight', { a: { headers: [], path: under('/') } }, { method: 'OPTIONS', headers: PREFLIGHT.slice(1) }, 'a'],
  ['OPTIONS with Origin alone is no preflight', { a: { headers: [], path: under('/') } }, { method: 'OPTIONS', headers: PREFLIGHT.slice(0, 1) }, 'a'],
  ['GET with a preflight\'s headers is none', { a: { headers: [], path: under('/') } }, { headers: PREFLIGHT }, 'a']
]
for (const [title, world, sent, chosen] of cases) {
  test(`${title}: ${chosen ?? 'the app'}`, t => t.is(portOf(world).choose(viewOf(sent))?.intercept, chosen))
}

test('a hundred intercepts ask a request what one asks', t => {
  const world = Object.fromEntries(Array.from({ length: 100 }, (_, at): [string, Match] => [
    `i${at}`, at % 2 === 0 ? ID(`maria-${at}`) : { headers: [exact('x-tenant', `t${at}`), exact('x-waylay-id', `jon-${at}`)] }
  ]))
  const [one, hundred]: [string[], string[]] = [[], []]

  portOf({ a: ID('maria') }).choose(viewOf({}, one))
  portOf(world).choose(viewOf({}, hundred))

  t.deepEqual(hundred, one)
  t.deepEqual(hundred, ['x-waylay-id', 'baggage'])
})

test('nobody\'s intercepts ask a request nothing', t => {
  const asked: string[] = []

  portOf({}).choose(viewOf({}, asked))

  t.deepEqual(asked, [])
})

test('thousands of equal lines cost one look', t => {
  const asked: string[] = []
  const headers = Array.from({ length: 4000 }, () => ['x-waylay-id', 'm'] as const)

  t.is(portOf({ a: { headers: [...ID('m').headers, exact('x-step', '1')] } }).choose(viewOf({ headers }, asked)), undefined)
  t.true(asked.length < 10, String(asked.length))
})

test('the routes of a port are the same object until they change', t => {
  const table = new RouteTable(() => {})
  const a = route('a', ID('m'))
  table.add(a)
  const before = table.forPort(PORT)
  t.is(table.forPort(PORT), before)
  t.is(table.forPort(1), table.forPort(2))

  table.add(route('b', { headers: [] }))
  const after = table.forPort(PORT)
  t.not(after, before)
  t.deepEqual(after.list.map(({ intercept }) => intercept), ['a', 'b'])
  t.is(after.global?.intercept, 'b')
  t.is(before.global, undefined)

  table.remove(a)
  t.is(table.forPort(PORT).choose(viewOf({ headers: [['x-waylay-id', 'm']] }))?.intercept, 'b')
})

const varied: readonly (readonly [title: string, match: Match, sent: Sent, vary: string | undefined])[] = [
  ['the header', ID('m'), { headers: [['x-waylay-id', 'm']] }, 'x-waylay-id'],
  ['baggage where its member fitted', ID('m'), { headers: [['x-waylay-id', 'other'], ['baggage', 'waylay-id=m']] }, 'baggage'],
  ['all headers, each once', { headers: [exact('a', '1'), exact('a', '2'), glob('b', 'x*')] }, { headers: [['a', '1'], ['a', '2'], ['b', 'xy']] }, 'a, b'],
  ['nothing for path and method', { headers: [], path: under('/'), methods: ['GET'] }, {}, undefined],
  ['nothing for a global one', { headers: [] }, {}, undefined]
]
for (const [title, match, sent, vary] of varied) {
  test(`Vary names ${title}`, t => t.is(varyBy(match, viewOf(sent)), vary))
}
