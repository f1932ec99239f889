import { connect, createServer } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { once } from 'node:events'
import test, { type ExecutionContext } from 'ava'
import { openAppStream } from '../../../cli/preview/app-stream.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd, startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'
import { addService, SERVICES, startFakeServices } from '../reach/fake-services.ts'
import { makePair } from '../../helpers/tls.ts'
import { listen } from './fake-app.ts'

async function setScene (t: ExecutionContext) {
  const services = await startFakeServices(t)
  addService(services, 'pay', ['pay-1'])
  const kubeconfig = await writeKubeconfig(t, services.cluster.server.href)
  return { services, args: ['preview', '--kubeconfig', kubeconfig, '-n', 'shop', '--id', 'maria-3fk27d4a'] }
}

test('programs get one line with the URL, and the port is closed at the end', async t => {
  const { args } = await setScene(t)
  const run = await startCli(t, [...args, 'service/pay', '--output', 'json'])
  await until(() => run.stdout.length > 0)
  const facts = fitsSchema(t, run.stdout.join(''), 'preview') as { readonly url: string }
  t.like(facts, { service: 'pay', port: 80, headers: [{ name: 'x-waylay-id', value: 'maria-3fk27d4a' }] })
  const answer = await fetch(facts.url, { headers: { accept: 'application/json' } })
  t.is(answer.status, 502, 'the fake pod speaks no HTTP')
  run.interrupt()
  t.is(await run.exitCode, 0)
  await t.throwsAsync(fetch(facts.url))
  t.true(run.stderr.some(line => / GET \/ 502 .*WAYLAY_PREVIEW_BAD_RESPONSE$/.test(line)), run.stderr.join('\n'))
})

test('whoever gives up while the cluster does not answer waits for nothing, and no browser opens', async t => {
  let isAsked = false
  const port = await listen(t, createServer(() => { isAsked = true }))
  const kubeconfig = await writeKubeconfig(t, `http://127.0.0.1:${port}`)
  const run = await startCli(t, ['preview', '--kubeconfig', kubeconfig, '-n', 'shop', '--id', 'maria-3fk27d4a', 'pay', '--open'], {
    BROWSER: 'no-such-browser'
  })
  await until(() => isAsked)
  run.interrupt()
  t.is(await run.exitCode, 0)
  t.deepEqual(run.stdout, [])
  t.notRegex(run.stderr.join('\n'), /browser/)
})

test('people get the URL alone on stdout, and --for ends it', async t => {
  const { args } = await setScene(t)
  const { exitCode, stdout, stderr } = await runToEnd(t, [...args, 'pay', '--port', 'http', '--for', '10ms'])
  t.is(exitCode, 0)
  t.regex(stdout, /^http:\/\/127\.0\.0\.1:\d+\/$/)
  t.true(stderr.includes('Preview of shop/pay port 80 with x-waylay-id: maria-3fk27d4a'), stderr)
})

const fails = test.macro(async (t, more: readonly string[], code: string, exit: number) => {
  const { args } = await setScene(t)
  const { exitCode, stderr } = await runToEnd(t, [...args, ...more])
  t.regex(stderr, new RegExp(`Code: {2}${code} `))
  t.is(exitCode, exit)
})

test('a Service that is not there', fails, ['cart'], 'WAYLAY_WORKLOAD_UNKNOWN', 5)
test('a workload is no Service', fails, ['deployment/pay'], 'WAYLAY_USAGE', 2)
test('a port that it does not have', fails, ['pay', '--port', '8080'], 'WAYLAY_PORT_UNKNOWN', 5)
test('a pattern, which names no value', fails, ['pay', '--http-header', 'x-team=a*'], 'WAYLAY_USAGE', 2)
test('a header that each request has of its own', fails, ['pay', '--http-header', 'host=shop'], 'WAYLAY_USAGE', 2)
test('a header that each visitor\'s browser has of its own', fails, ['pay', '--http-header', 'Cookie=a'], 'WAYLAY_USAGE', 2)

test('a right that is missing ends it at once', async t => {
  const { services, args } = await setScene(t)
  services.objects.set(`${SERVICES}/pay`, { code: 403, message: 'forbidden' })
  const { exitCode, stderr } = await runToEnd(t, [...args, 'pay'])
  t.is(exitCode, 3)
  t.regex(stderr, /Code: {2}WAYLAY_FORBIDDEN /)
})

test('without a ready pod it stands, and says so', async t => {
  const { services, args } = await setScene(t)
  addService(services, 'pay', ['!pay-1'])
  const { exitCode, stderr } = await runToEnd(t, [...args, 'pay', '--for', '10ms'])
  t.is(exitCode, 0)
  t.regex(stderr, /Warning: Service shop\/pay has no ready pod behind its port 80/)
})

test('an app that speaks TLS is spoken to so, by the Service\'s name and the caller\'s protocol', async t => {
  const { certificate, key } = await makePair('app.test')
  const seen: unknown[] = []
  const server = createTlsServer({ cert: certificate, key, ALPNProtocols: ['h2', 'http/1.1'] }, socket => {
    seen.push(socket.servername, socket.alpnProtocol)
    socket.end('hello')
  })
  const port = await listen(t, server)
  const way = { dial: async () => ({ stream: connect({ host: '127.0.0.1', port }), pod: 'pay-1' }) }
  for (const protocol of ['http/1.1', 'h2'] as const) {
    const { stream } = await openAppStream({ way, tlsName: 'pay.shop.svc' }, protocol)
    t.is(String((await once(stream, 'data'))[0]), 'hello')
    stream.destroy()
  }
  t.deepEqual(seen, ['pay.shop.svc', 'http/1.1', 'pay.shop.svc', 'h2'])
})
