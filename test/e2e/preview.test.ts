import { once } from 'node:events'
import { connect as connectHttp2 } from 'node:http2'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { WebSocket } from 'ws'
import { startCaller } from '../helpers/caller-pod.ts'
import { apply, eventually, kubectl } from '../helpers/kube.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgram } from '../helpers/program.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept, startPreview } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

// No other file's: an intercept that another test left behind lives on for a while, and is seen in every namespace.
const ID = 'maria-preview1'

type Said = { readonly answeredBy: string, readonly pod: string, readonly headers: Readonly<Record<string, string>> }

async function ask (url: string, init: RequestInit = {}): Promise<Said> {
  return await (await fetch(url, init)).json() as Said
}

async function deployPair (namespace: string): Promise<readonly Pod[]> {
  await apply({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'rpc', namespace },
    spec: { selector: { app: 'app' }, ports: [{ name: 'grpc', port: 50051, targetPort: 8082 }] }
  })
  const pods = await deployApp(namespace, { program: await mountProgram(namespace, 'preview-app.ts'), replicas: 2 })
  for (const pod of pods) await throughProxy(pod)
  return pods
}

async function startMarias (t: ExecutionContext, namespace: string, service: string) {
  return await startPreview(t, [service, '-n', namespace, '--id', ID])
}

test('a browser stays inside a preview, its header goes along, and the developer answers when they intercept', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployPair(namespace) as [Pod]
  const caller = await startCaller(t, namespace)
  const preview = await startMarias(t, namespace, 'app')
  const { url } = preview

  const first = await ask(url)
  t.like(first.headers, { host: `app.${namespace}`, 'x-waylay-id': ID, baggage: `waylay-id=${ID}` })
  t.is(first.answeredBy, 'app')
  await eventually('preview says that nobody intercepts', async () => preview.stderr().includes('Nobody intercepts') || undefined)

  const login = await fetch(`${url}login`, { redirect: 'manual' })
  t.is(login.headers.get('location'), `${url}home?from=login`)
  t.deepEqual(login.headers.getSetCookie(), ['sid=1; Path=/; HttpOnly', '__Host-sid=2; Path=/; Secure'])
  const posted = await ask(`${url}cart`, { method: 'POST', body: 'two', headers: { origin: url.slice(0, -1) } })
  t.like(posted, { body: 'two', headers: { origin: `http://app.${namespace}` } })
  t.is((await fetch(url, { headers: { origin: 'https://example.org' } })).status, 403)

  const socket = new WebSocket(url.replace('http:', 'ws:'), { origin: url.slice(0, -1) })
  const [greeting] = await once(socket, 'message') as [Buffer]
  t.like(JSON.parse(greeting.toString()), { 'x-waylay-id': ID, origin: `http://app.${namespace}` })
  socket.send('hello')
  t.is(String((await once(socket, 'message'))[0]), 'app: hello')

  const maria = await startProgram(t, 'maria')
  await startIntercept(t, ['app', '-n', namespace, '--port', `${maria.port}:8080`, '--id', ID])
  const diverted = await fetch(`${url}home?token=secret`)
  t.is((await diverted.json() as Said).answeredBy, 'maria')
  t.truthy(diverted.headers.get('x-waylay-diverted-to'))
  t.is((await caller.request(urlOf(pod))).json.answeredBy, 'app', 'everybody else has the app')
  socket.send('still')
  t.is(String((await once(socket, 'message'))[0]), 'app: still')
  socket.close()

  const { exitCode } = await preview.stop()
  t.is(exitCode, 0)
  t.regex(preview.stderr(), /GET \/home 200 .* by /)
  t.false(preview.stderr().includes('secret'), 'no query is told')
})

test('HTTP/2 goes through, and a pod that goes is followed by another', async t => {
  const namespace = await makeNamespace(t)
  await deployPair(namespace)
  const [app, rpc] = await Promise.all([startMarias(t, namespace, 'app'), startMarias(t, namespace, 'rpc')])

  const session = connectHttp2(rpc.url)
  t.teardown(() => { session.destroy() })
  const stream = session.request({ ':path': '/shop.Cart/Get', ':method': 'POST' })
  const trailers = once(stream, 'trailers')
  const { headers } = JSON.parse(await text(stream.end('x'))) as Said
  t.like(headers, { 'x-waylay-id': ID, ':authority': `rpc.${namespace}:50051` })
  t.like((await trailers)[0], { 'x-trailer': 'end' })

  const { pod } = await ask(app.url)
  t.is((await ask(app.url)).pod, pod, 'one pod for as long as it is there')
  let failed = 0
  const going = kubectl(['-n', namespace, 'delete', 'pod', pod, '--wait=false'])
  const next = await eventually('another pod answers', async () => {
    const answer = await fetch(app.url)
    if (answer.status !== 200) failed++
    const said = answer.status === 200 ? await answer.json() as Said : undefined
    return said !== undefined && said.pod !== pod ? said : undefined
  })
  await going
  t.is(next.answeredBy, 'app')
  t.is(failed, 0, 'a GET is asked again of the next pod')
})
