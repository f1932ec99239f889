import test from 'ava'
import { browserCommand } from '../../../cli/preview/open-browser.ts'
import { choosePort } from '../../../cli/preview/choose-port.ts'
import { portsToTry } from '../../../cli/preview/listen-port.ts'
import { parsePreviewPort, type PreviewPort } from '../../../cli/preview/preview-port.ts'
import type { Service, ServicePort } from '../../../cli/cluster/services.ts'

function aService (ports: readonly ServicePort[], spec: object = {}): Service {
  return { metadata: { name: 'pay', namespace: 'shop' }, spec: { selector: { app: 'pay' }, ports, ...spec } }
}

const HTTP = { port: 80, name: 'http', targetPort: 8080 }
const ADMIN = { port: 81, name: 'admin', targetPort: 'admin' }

const reads = test.macro((t, text: string, expected: PreviewPort) => { t.deepEqual(parsePreviewPort(text), expected) })
const refuses = test.macro((t, text: string) => { t.throws(() => parsePreviewPort(text), { code: 'WAYLAY_USAGE' }) })

test('one port is the Service\'s', reads, '80', { service: 80 })
test('a name is the Service\'s too', reads, 'http', { service: 'http' })
test('two are this machine\'s and the Service\'s', reads, '9000:80', { listen: 9000, service: 80 })
test('a name may be the second', reads, '9000:http', { listen: 9000, service: 'http' })
test('the first alone is this machine\'s', reads, '9000:', { listen: 9000 })
test('the second alone is the Service\'s', reads, ':http', { service: 'http' })
for (const text of ['', ':', '0', '70000', '80:80:80', 'http:80', '127.0.0.1:80', 'a b']) test(`"${text}" is no port`, refuses, text)

test('the only port, or the only one that is HTTP, needs no name', t => {
  t.like(choosePort(aService([ADMIN]), undefined), { port: 81, name: 'admin', tls: false })
  t.like(choosePort(aService([ADMIN, HTTP]), undefined), { port: 80, targetPort: 8080 })
  t.like(choosePort(aService([{ ...HTTP, name: 'web' }, { ...ADMIN, protocol: 'UDP' }]), undefined), { port: 80 })
})

test('a port is found by number or name, and the others are named where it is not', t => {
  t.like(choosePort(aService([HTTP, ADMIN]), 'admin'), { port: 81 })
  t.like(choosePort(aService([HTTP, ADMIN]), 81), { name: 'admin' })
  t.throws(() => choosePort(aService([{ port: 53, protocol: 'UDP' }]), undefined),
    { code: 'WAYLAY_PORT_UNKNOWN', message: 'Service shop/pay has no TCP port' })
  t.throws(() => choosePort(aService([HTTP, ADMIN]), 8080), { code: 'WAYLAY_PORT_UNKNOWN', message: /no TCP port 8080: 80 \(http\), 81 \(admin\)/ })
  t.throws(() => choosePort(aService([ADMIN, { port: 82 }]), undefined), { code: 'WAYLAY_PORT_UNKNOWN', message: /several TCP ports/ })
})

test('a headless Service\'s pods are reached at any port', t => {
  t.like(choosePort(aService([HTTP], { clusterIP: 'None' }), 3000), { otherPort: 3000 })
})

test('a Service without pods of its own is refused', t => {
  const unfit = { code: 'WAYLAY_SERVICE_UNFIT' }
  t.throws(() => choosePort(aService([HTTP], { selector: {} }), undefined), unfit)
  t.throws(() => choosePort(aService([HTTP], { type: 'ExternalName' }), undefined), unfit)
})

test('TLS is known by appProtocol, or else by name or number', t => {
  const tlsOf = (port: ServicePort): boolean => choosePort(aService([port]), undefined).tls
  t.true(tlsOf({ port: 443 }))
  t.true(tlsOf({ port: 9000, name: 'https-api' }))
  t.true(tlsOf({ port: 9000, appProtocol: 'https' }))
  t.false(tlsOf({ port: 443, appProtocol: 'http' }))
  t.false(tlsOf({ port: 80 }))
})

test('the port of this machine is the same each time, and another for another Service', t => {
  const ports = portsToTry('shop', 'pay', 80)
  t.deepEqual(portsToTry('shop', 'pay', 80), ports)
  t.is(ports.at(-1), 0)
  t.true(ports.slice(0, -1).every(port => port >= 20_000 && port < 28_000))
  t.not(portsToTry('shop', 'cart', 80)[0], ports[0])
})

test('no shell reads the URL, whatever opens it', t => {
  const url = 'http://127.0.0.1:20000/'
  const command = (env: Record<string, string>, platform: NodeJS.Platform): readonly string[] =>
    browserCommand(url, { env, platform })
  t.deepEqual(command({}, 'linux'), ['xdg-open', url])
  t.deepEqual(command({}, 'darwin'), ['open', url])
  t.deepEqual(command({}, 'win32'), ['rundll32', 'url.dll,FileProtocolHandler', url])
  t.deepEqual(command({ BROWSER: 'firefox --new-tab' }, 'linux'), ['firefox', '--new-tab', url])
  t.deepEqual(command({ BROWSER: 'w3m %s -dump' }, 'linux'), ['w3m', url, '-dump'])
  t.deepEqual(command({ BROWSER: 'a;rm -rf' }, 'linux'), ['a;rm', '-rf', url])
})
