import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:tls'
import test, { type ExecutionContext } from 'ava'
import { mendKeys, type Keys } from '../../webhook/certificates/keys.ts'
import { createWebhookServer, serveWith, type ServerDeps } from '../../webhook/server.ts'
import { quietLog } from './quiet-log.ts'

const NAME = 'waylay-webhook.waylay-system.svc'

async function makeKeys (): Promise<Keys> {
  return (await mendKeys({}, [NAME], Date.now())).keys
}

async function startServer (t: ExecutionContext, deps: Partial<ServerDeps> = {}) {
  const keys = await makeKeys()
  const server = createWebhookServer({
    handlePod: async body => ({ pod: body ?? 'nothing' }),
    handleIntercept: async body => {
      if (body === undefined) throw new TypeError('no review')
      return { intercept: body }
    },
    isReady: () => true,
    isDraining: () => false,
    log: quietLog().log,
    ...deps
  }, keys.serving)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, keys, port: (server.address() as AddressInfo).port }
}

type Answer = { readonly status: number, readonly body: string, readonly connection: string | undefined }

/** One request over a connection that is verified against the authority, as the API server does it. */
function ask (port: number, { authority }: Keys, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const req = request({
      host: '127.0.0.1', port, path, ca: authority.certificate, servername: NAME, agent: false, method: body === undefined ? 'GET' : 'POST'
    }, res => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('end', () => resolve({
        status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString(), connection: res.headers.connection
      }))
    })
    req.on('error', reject)
    req.end(body)
  })
}

test('a review reaches its handler over verified TLS', async t => {
  const { port, keys } = await startServer(t)

  t.deepEqual(JSON.parse((await ask(port, keys, '/pods', '{"a":1}')).body), { pod: { a: 1 } })
  t.deepEqual(JSON.parse((await ask(port, keys, '/intercepts', '{"b":2}')).body), { intercept: { b: 2 } })
})

test('a foreign authority does not verify the chain', async t => {
  const { port } = await startServer(t)

  const error = await t.throwsAsync(ask(port, await makeKeys(), '/healthz'))

  t.regex(String((error as NodeJS.ErrnoException).code), /SIGNATURE|SELF_SIGNED|UNABLE_TO_VERIFY/)
})

test('the chain is verified down to the name of the Service', async t => {
  const { port, keys } = await startServer(t)
  const handshake = (servername: string) => new Promise<boolean>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', ca: keys.authority.certificate, servername }, () => {
      resolve(socket.authorized)
      socket.destroy()
    })
    socket.on('error', reject)
  })

  t.true(await handshake(NAME))
  await t.throwsAsync(handshake('kubernetes.default.svc'), { code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
})

test('new connections are served with the new pair at once', async t => {
  const { port, server, keys } = await startServer(t)
  const renewed = await makeKeys()

  serveWith(server, renewed.serving)

  t.is((await ask(port, renewed, '/healthz')).status, 200)
  await t.throwsAsync(ask(port, keys, '/healthz'))
})

test('a body that is not JSON still gets an answer about a pod', async t => {
  const { port, keys } = await startServer(t)

  t.like(await ask(port, keys, '/pods', '{broken'), { status: 200, body: '{"pod":"nothing"}' })
  t.is((await ask(port, keys, '/intercepts', '{broken')).status, 400)
})

test('a review of four MiB is read and one beyond the limit is let through', async t => {
  const { port, keys } = await startServer(t, { handlePod: async body => ({ isRead: body !== undefined }) })
  const review = (mebibytes: number) => JSON.stringify({ text: 'x'.repeat(mebibytes * 1024 * 1024) })

  t.is((await ask(port, keys, '/pods', review(4))).body, '{"isRead":true}')
  t.is((await ask(port, keys, '/pods', review(9))).body, '{"isRead":false}')
})

test('readiness follows the installation and health does not', async t => {
  const { port, keys } = await startServer(t, { isReady: () => false })

  t.is((await ask(port, keys, '/readyz')).status, 503)
  t.is((await ask(port, keys, '/healthz')).status, 200)
})

test('a draining server asks its callers to connect elsewhere', async t => {
  const { port, keys } = await startServer(t, { isDraining: () => true })

  t.is((await ask(port, keys, '/pods', '{}')).connection, 'close')
})

test('an idle connection is kept longer than the API server keeps it', async t => {
  const { server } = await startServer(t)

  t.true(server.keepAliveTimeout > 90_000)
})
