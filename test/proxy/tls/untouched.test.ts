import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import test from 'ava'
import { Certificates } from '../../../proxy/tls/certificates.ts'
import { listen, proxyPort } from '../../helpers/proxied-port.ts'
import { answerWithName, MARIA, request } from '../../helpers/raw-server.ts'
import { aTlsPort, startTlsPod } from '../../helpers/tls-pod.ts'
import { callTls, fingerprint, makeCallerPair, makePair, makeSecretDir, writeSecret } from '../../helpers/tls.ts'
import { freePort } from '../../helpers/free-port.ts'

test('without a Secret callers reach the app\'s own TLS, and it is said why nothing is diverted', async t => {
  const { pod, pair } = await startTlsPod(t, { secret: null })
  const maria = pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))
  const caller = await callTls(t, pod.port)

  caller.socket.write(request('/1', MARIA))
  await caller.received('app /1')

  t.is(caller.fingerprint, fingerprint(pair.certificate))
  t.deepEqual(await pod.opaqueReasons(), ['tls-no-secret'])
  t.deepEqual(maria.reports, [{ event: 'opaque', reason: 'tls-no-secret' }])
})

test('a Secret that comes later opens connections from then on', async t => {
  const { pod, pair, secretDir, certificates } = await startTlsPod(t, { secret: null })
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))

  await writeSecret(secretDir, pair)
  await certificates.look()
  const caller = await callTls(t, pod.port)
  caller.socket.write(request('/1', MARIA))

  await caller.received('maria /1')
  t.is(caller.fingerprint, fingerprint(pair.certificate))
})

test('files that are no pair change nothing, and are complained about once', async t => {
  const dir = await makeSecretDir(t)
  const warnings: string[] = []
  const certificates = new Certificates(dir, {
    info: () => {}, warn: (_fields: unknown, text?: string) => { warnings.push(text ?? '') }
  })
  const [good, other] = [await makePair(), await makePair()]

  for (const count of [0, 1]) {
    await certificates.look()
    t.is(certificates.newest, undefined, `${count}`)
  }
  t.is(warnings.length, 1)
  await writeSecret(dir, good)
  await certificates.look()
  const before = certificates.newest
  t.truthy(before)
  for (const bad of [{ ...good, key: other.key }, { ...good, certificate: 'x' }, { ...good, key: '' }]) {
    await writeSecret(dir, bad)
    await certificates.look()
    await certificates.look()
    t.is(certificates.newest, before)
  }
  t.is(warnings.length, 4)
  await writeSecret(dir, other)
  await certificates.look()
  t.not(certificates.newest, before)
  t.truthy(certificates.find(before!.leaf), 'the app may still show it')
})

test('files without the kubelet\'s link are read too', async t => {
  const dir = await makeSecretDir(t)
  const pair = await makePair()
  await writeFile(join(dir, 'tls.crt'), pair.certificate)
  await writeFile(join(dir, 'tls.key'), pair.key)
  const certificates = new Certificates(dir, { info: () => {}, warn: () => {} })

  await certificates.start(20)
  t.teardown(() => certificates.stop())
  const first = certificates.newest
  t.truthy(first)
  const renewed = await makePair()
  await writeFile(join(dir, 'tls.crt'), renewed.certificate)
  await writeFile(join(dir, 'tls.key'), renewed.key)
  while (certificates.newest === first) await new Promise(resolve => setTimeout(resolve, 20))
  t.not(certificates.newest, first)
})

test('an app that shows another certificate than the Secret\'s is left alone', async t => {
  const { pod, pair, app } = await startTlsPod(t, { secret: await makePair() })
  let handshakes = 0
  app.on('connection', () => { handshakes++ })

  for (const path of ['/1', '/2']) {
    const caller = await callTls(t, pod.port)
    t.is(caller.fingerprint, fingerprint(pair.certificate))
    caller.socket.write(request(path))
    await caller.received(`app ${path}`)
  }

  t.deepEqual(await pod.opaqueReasons(), ['tls-other-certificate'])
  t.is(handshakes, 3, 'asked once, then left alone from the start')
})

for (const rejectUnauthorized of [true, false]) {
  const asks = rejectUnauthorized ? 'needs' : 'wants'
  test(`an app that ${asks} a certificate of the caller gets the caller's`, async t => {
    const own = await makeCallerPair()
    const subjects: string[] = []
    const { pod } = await startTlsPod(t, {
      kind: 'raw',
      tls: { requestCert: true, rejectUnauthorized, ca: own.certificate },
      onConnection: socket => {
        subjects.push(socket.getPeerX509Certificate()?.fingerprint256 ?? '')
        socket.end('hello')
      }
    })

    await (await callTls(t, pod.port, { cert: own.certificate, key: own.key })).received('hello')

    t.deepEqual(subjects.filter(subject => subject !== ''), [fingerprint(own.certificate)])
    t.deepEqual(await pod.opaqueReasons(), ['tls-client-certificate'])
  })
}

test('a caller whose protocols the app refuses sees the app\'s own refusal', async t => {
  const { pod } = await startTlsPod(t, { kind: 'raw', tls: { ALPNProtocols: ['h2'] } })

  const error = await t.throwsAsync(callTls(t, pod.port, { ALPNProtocols: ['http/1.1'] }))

  t.regex(error.message, /no application protocol/)
  t.deepEqual(await pod.opaqueReasons(), ['tls-app-refused'])
})

test('a caller that knows only TLS 1.1 is the app\'s matter', async t => {
  const old = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
  const { pod } = await startTlsPod(t, { tls: old })

  const caller = await callTls(t, pod.port, old)

  t.is(caller.version, 'TLSv1.1')
  t.deepEqual(await pod.opaqueReasons(), ['tls-caller-unknown'])
})

test('plain HTTP on a port whose TLS is opened goes its ordinary way', async t => {
  const app = createServer((asked, answer) => answer.end(`app ${asked.url}`))
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  t.teardown(() => app.close())
  const pod = await proxyPort(t, (app.address() as AddressInfo).port, { tls: await aTlsPort(t) })
  pod.intercept('maria-12345678', await listen(t, answerWithName('maria')))
  const caller = await pod.call()

  caller.send(request('/1'))
  await caller.received('app /1')
  caller.send(request('/2', MARIA))
  await caller.received('maria /2')

  t.deepEqual(await pod.opaqueReasons(), [])
})

test('a server that speaks first is heard at once on a port whose TLS would be opened', async t => {
  const appPort = await listen(t, socket => {
    socket.write('220 ready\r\n')
    socket.on('data', (bytes: Buffer) => socket.end(bytes))
  })
  const pod = await proxyPort(t, appPort, { tls: await aTlsPort(t) })
  const caller = await pod.call()

  await caller.received('220 ready\r\n')
  caller.send('EHLO me\r\n')

  t.deepEqual(await caller.end(), { text: '220 ready\r\nEHLO me\r\n', reset: false })
  t.deepEqual(await pod.opaqueReasons(), ['server-first'])
})

test('a caller of an app that is down is reset', async t => {
  const pod = await proxyPort(t, await freePort(), { tls: await aTlsPort(t) })

  t.true((await (await pod.call()).end()).reset)
})

test('a check that connects and ends without a byte is ended by the app', async t => {
  const appPort = await listen(t, socket => socket.on('end', () => socket.end()).resume())
  const pod = await proxyPort(t, appPort, { tls: await aTlsPort(t) })
  const caller = await pod.call()

  caller.socket.end()

  t.deepEqual(await caller.end(), { text: '', reset: false })
})

test('a ClientHello that breaks off goes to the app as it is', async t => {
  const appPort = await listen(t, socket => {
    const pieces: Buffer[] = []
    socket.on('data', (bytes: Buffer) => pieces.push(bytes))
    socket.on('end', () => socket.end(Buffer.concat(pieces)))
  })
  const pod = await proxyPort(t, appPort, { tls: await aTlsPort(t) })
  const caller = await pod.call()

  caller.send('\x16\x03\x01\x02\x00\x01\x00')
  caller.socket.end()

  t.deepEqual(await caller.end(), { text: '\x16\x03\x01\x02\x00\x01\x00', reset: false })
})
