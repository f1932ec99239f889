import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import test from 'ava'
import { keepCertificate, readPair } from '../../preview/certificate.ts'
import { createSecureGateway, type Pair } from '../../preview/server.ts'
import { fingerprint, makePair, makeSecretDir, writeSecret } from '../helpers/tls.ts'
import { quietLog } from '../webhook/quiet-log.ts'

const DOMAIN = 'preview.example.com:8443'

test('a Secret that is not there yet stops the start, and says so', async t => {
  const dir = await makeSecretDir(t)
  await t.throwsAsync(readPair(dir, DOMAIN), { code: 'WAYLAY_CERTIFICATE_SUPPLIED' })
})

test('a Secret that is replaced is served without a restart, and a broken one changes nothing', async t => {
  const [first, second] = await Promise.all([makePair('*.preview.example.com'), makePair('*.preview.example.com')])
  const server = createSecureGateway({ onRequest: async () => {}, onUpgrade: async () => {}, active: () => 0 }, first)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const shown = async (): Promise<string> => {
    const { port } = server.address() as AddressInfo
    const socket: TLSSocket = connect({ host: '127.0.0.1', port, servername: 'p-0.preview.example.com', rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  t.is(await shown(), fingerprint(first.certificate))

  const stopping = new AbortController()
  const found: (Pair | Error)[] = [new Error('broken'), new Error('broken'), second]
  const { log, events } = quietLog()
  await keepCertificate(first, {
    read: async () => {
      const next = found.shift()
      if (next === undefined) throw new Error('asked too often')
      if (next instanceof Error) throw next
      return next
    },
    use: ({ certificate, key }) => server.setSecureContext({ cert: certificate, key }),
    wait: async () => { if (found.length === 0) stopping.abort() },
    log
  }, stopping.signal)

  t.is(await shown(), fingerprint(second.certificate))
  t.deepEqual(events.filter(event => event === 'warn certificate.broken').length, 1, 'the same trouble is told once')
})

test('one for another name, or with another\'s key, is refused by what is wrong', async t => {
  const [good, wrongName] = await Promise.all([makePair('*.preview.example.com'), makePair('*.example.com')])
  const cases = [
    [good, undefined], [wrongName, /not for \*\.preview\.example\.com/],
    [{ certificate: good.certificate, key: wrongName.key }, /another certificate's/], [{ certificate: '', key: '' }, /cannot be used/]
  ] as const
  for (const [pair, message] of cases) {
    const dir = await makeSecretDir(t)
    await writeSecret(dir, pair)
    const folder = `${dir}/..data`
    if (message === undefined) t.is((await readPair(folder, DOMAIN)).certificate, good.certificate)
    else await t.throwsAsync(readPair(folder, DOMAIN), { code: 'WAYLAY_CERTIFICATE_SUPPLIED', message })
  }
})
