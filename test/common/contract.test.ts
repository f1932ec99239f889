import { readFileSync } from 'node:fs'
import test from 'ava'
import { ANNOTATIONS, MAX_APP_PORTS, PORTS, SECRET_ANNOTATIONS, SOURCE_ADDRESSES } from '../../common/contract.ts'
import { parseInjectedConfig, parseInjectionStatus } from '../../common/injected.ts'
import { VERSION } from '../../common/version.ts'

test('the version is the package\'s', t => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  t.is(VERSION, version)
})

test('every annotation of the contract stands in the docs', t => {
  const page = readFileSync(new URL('../../docs/contract.md', import.meta.url), 'utf8')
  for (const annotation of Object.values({ ...ANNOTATIONS, ...SECRET_ANNOTATIONS })) t.true(page.includes(`\`${annotation}\``), annotation)
})

test('listeners, disarm ports and detours can never meet', t => {
  t.true(MAX_APP_PORTS <= PORTS.disarmOffset)
  t.true(PORTS.firstListener + MAX_APP_PORTS + PORTS.disarmOffset <= PORTS.firstDetour)
  t.true(PORTS.firstDetour + MAX_APP_PORTS <= PORTS.tunnel)
})

test('the source addresses are eight of IPv6 and a net of IPv4', t => {
  t.is(new Set(SOURCE_ADDRESSES.ipv6).size, 8)
  t.regex(SOURCE_ADDRESSES.ipv4Prefix, /^169\.254\.\d+\.1\/24$/)
})

const CONFIG = {
  mode: 'iptables',
  version: '0.1.0',
  namespace: 'shop',
  workload: 'deployment/payments',
  ports: [{ port: 8080, name: 'http', listener: 15100, redirect: 'always' }],
  detours: [{ port: 15500, to: 8080 }],
  forwardedFor: true,
  ticketKey: 'MCow'
}

test('a written configuration is read as it was', t => {
  t.deepEqual(parseInjectedConfig(JSON.stringify(CONFIG)), CONFIG as ReturnType<typeof parseInjectedConfig>)
})

test('a configuration of the mode named-port says how the app\'s ports were called', t => {
  const config = { ...CONFIG, mode: 'named-port', renamed: [{ from: 'http', to: 'app-8080' }] }
  t.deepEqual(parseInjectedConfig(JSON.stringify(config)), config as ReturnType<typeof parseInjectedConfig>)
})

test('a configuration of a version before forwardedFor appends nothing', t => {
  t.deepEqual(parseInjectedConfig(JSON.stringify({ ...CONFIG, forwardedFor: undefined })),
    { ...CONFIG, forwardedFor: false } as ReturnType<typeof parseInjectedConfig>)
})

test('a configuration of a version before mode is one of iptables', t => {
  t.is(parseInjectedConfig(JSON.stringify({ ...CONFIG, mode: undefined })).mode, 'iptables')
})

for (const [field, broken] of [
  ['(whole)', []],
  ['mode', { ...CONFIG, mode: 'magic' }],
  ['namespace', { ...CONFIG, namespace: 3 }],
  ['ports', { ...CONFIG, ports: {} }],
  ['port', { ...CONFIG, ports: [{ ...CONFIG.ports[0], port: 0 }] }],
  ['redirect', { ...CONFIG, ports: [{ ...CONFIG.ports[0], redirect: 'never' }] }],
  ['listener', { ...CONFIG, ports: [{ port: 1, redirect: 'always' }] }],
  ['to', { ...CONFIG, detours: [{ port: 15500, to: 70000 }] }],
  ['forwardedFor', { ...CONFIG, forwardedFor: 'append' }],
  ['renamed', { ...CONFIG, renamed: 'http' }],
  ['pullSecret', { ...CONFIG, pullSecret: [] }]
] as const) {
  test(`a configuration with a broken ${field} names it`, t => {
    const error = t.throws(() => parseInjectedConfig(JSON.stringify(broken)))
    t.true(error.message.includes(`"${field}"`), error.message)
  })
}

test('a status annotation is read without listeners', t => {
  const status = { version: '0.1.0', mode: 'iptables', workload: 'pod/x', ports: [{ port: 80, redirect: 'on-demand' }] }
  t.deepEqual(parseInjectionStatus(JSON.stringify(status)), status as ReturnType<typeof parseInjectionStatus>)
  const unseen = { ...status, mode: 'named-port', unseen: [9090] }
  t.deepEqual(parseInjectionStatus(JSON.stringify(unseen)), unseen as ReturnType<typeof parseInjectionStatus>)
  t.throws(() => parseInjectionStatus(JSON.stringify({ ...status, unseen: ['x'] })), { message: /"unseen"/ })
  const told = {
    ...status, propagate: 'java', propagateLeftOut: [{ container: 'a', why: 'b' }], propagateAlone: ['c']
  }
  t.deepEqual(parseInjectionStatus(JSON.stringify(told)), told as ReturnType<typeof parseInjectionStatus>)
  for (const field of ['propagate', 'propagateLeftOut', 'propagateAlone']) {
    const broken = JSON.stringify({ ...told, [field]: [1] })
    t.throws(() => parseInjectionStatus(broken), { message: /"(propagate\w*|container)"|\(whole\)/ }, field)
  }
  t.throws(() => parseInjectionStatus('{'), { message: /Not JSON/ })
  t.throws(() => parseInjectionStatus(JSON.stringify({ ...status, mode: 'ebpf' })), { message: /"mode"/ })
})
