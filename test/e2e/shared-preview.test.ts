import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { WebSocket } from 'ws'
import { serveWebSockets } from './fixtures/websocket-echo.ts'
import { envUp } from '../helpers/environments.ts'
import { makeDeveloper } from '../helpers/identity.ts'
import { eventually, kubectl } from '../helpers/kube.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { openPreviewGateway, type PreviewGateway } from '../helpers/preview-gateway.ts'
import { startProgram } from '../helpers/program.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept, waylay, type RunningIntercept } from '../helpers/waylay.ts'
import { deployApp, type Pod } from '../helpers/workload.ts'

const MARIA = 'maria-12345678'
const ALLOWED = { 'waylay.dev/previews': 'allow' }

let gateway: PreviewGateway

test.before(async t => {
  t.timeout(180_000, 'the webhook is rolled out with a preview domain')
  gateway = await openPreviewGateway()
})

test.after.always(async t => {
  t.timeout(180_000, 'and again without')
  await gateway.close()
})

/** A namespace in which maria intercepts an app. */
async function startStory (t: ExecutionContext, developer?: number): Promise<{
  readonly namespace: string
  readonly intercept: RunningIntercept
  readonly share: (...args: readonly string[]) => Promise<Shared>
}> {
  const namespace = await makeNamespace(t, { annotations: ALLOWED })
  const [pod] = await deployApp(namespace, { program: await mountProgram(namespace, 'websocket-app.ts') }) as [Pod]
  await throughProxy(pod)
  const port = developer ?? (await startProgram(t, 'maria')).port
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', MARIA])
  const share = async (...args: readonly string[]): Promise<Shared> => {
    const { stdout, stderr, exitCode } = await waylay(['preview', 'app', '-n', namespace, '--share', '--id', MARIA, '-o', 'json', ...args])
    if (exitCode !== 0) throw new Error(stderr)
    return JSON.parse(stdout) as Shared
  }
  return { namespace, intercept, share }
}

type Shared = { readonly url: string, readonly name: string, readonly host: string }

/** The page that a visitor reads instead of the app: its code, in time for the gateway to have heard. */
async function codeOf (url: string, cookie: string, code: string): Promise<number> {
  return await eventually(`visitors read ${code}`, async () => {
    const { status, headers } = await gateway.visit(url, { headers: { cookie } })
    return headers['x-waylay-error'] === code ? status : undefined
  })
}

test('whoever has the link sees the developer\'s answer, and no longer than the link lives', async t => {
  const { namespace, share } = await startStory(t)
  const short = await share('--ttl', '1m')
  const shared = await share()
  const { origin, cookie, page } = await gateway.open(`${shared.url}orders?open=1`)
  t.is(origin, `https://${shared.host}`)
  t.like(JSON.parse(page.body), { answeredBy: 'maria', headers: { 'x-waylay-id': MARIA } })
  t.false(page.body.includes(new URL(shared.url).host.split('.')[0] ?? ''), 'the app never sees what opens the link')

  // What a visitor says of the routing header counts for nothing, and takes nothing away.
  for (const headers of [{ 'x-waylay-id': 'jon-87654321' }, { baggage: 'waylay-id=jon-87654321,tenant=a' }]) {
    const { body } = await gateway.visit(origin, { headers: { cookie, ...headers } })
    const seen = JSON.parse(body) as { answeredBy: string, headers: Record<string, string> }
    t.is(seen.answeredBy, 'maria')
    t.false(JSON.stringify(seen.headers).includes('jon-'))
  }
  t.is((await gateway.visit(origin)).headers['x-waylay-error'], 'WAYLAY_PREVIEW_LINK_NEEDED')

  const { stdout } = await waylay(['preview', 'list', '-n', namespace])
  t.true(stdout.includes(shared.name))
  t.false(stdout.includes(new URL(shared.url).host.split('.')[0] ?? ''))
  const revoked = await waylay(['preview', 'revoke', shared.url, '-n', namespace])
  t.is(revoked.exitCode, 0, revoked.stderr)
  t.is(await codeOf(origin, cookie, 'WAYLAY_PREVIEW_ENDED'), 410)
  t.regex((await gateway.visit(shared.url, { headers: { accept: 'text/html' } })).body, /This link was taken back/)

  t.timeout(120_000, 'a link lives a minute at least')
  await eventually('the short link expires', async () =>
    /has expired/.test((await gateway.visit(short.url)).body) || undefined, { timeoutMs: 90_000, everyMs: 1000 })
})

test('a WebSocket goes the same way, for pages of the preview alone', async t => {
  const developer = createServer((_req, res) => { res.end('maria') }).listen(0, '127.0.0.1')
  await once(developer, 'listening')
  t.teardown(() => developer.close())
  serveWebSockets(developer, 'maria')
  const { share } = await startStory(t, (developer.address() as AddressInfo).port)
  const { url } = await share()
  const { origin, cookie } = await gateway.open(url)
  const { host } = new URL(origin)
  const connect = (from: string): WebSocket => {
    const options = { ca: gateway.authority, servername: host, headers: { host, cookie, origin: from } }
    return new WebSocket(`wss://127.0.0.1:${gateway.port}/`, options)
  }

  const socket = connect(origin)
  const [hello] = await once(socket, 'message') as [Buffer]
  t.is(hello.toString(), 'maria')
  socket.send('ünïcode')
  const [echo] = await once(socket, 'message') as [Buffer]
  t.is(echo.toString(), 'ünïcode')
  socket.close()

  const foreign = connect(`https://p-00000000000000000000.${gateway.domain}`)
  const [, refusal] = await once(foreign, 'unexpected-response') as [unknown, { statusCode: number }]
  t.is(refusal.statusCode, 403)
})

test('a link ends with its intercept, and with the namespace\'s consent', async t => {
  const { namespace, intercept, share } = await startStory(t)
  const { url } = await share()
  const { origin, cookie } = await gateway.open(url)

  await kubectl(['annotate', 'namespace', namespace, 'waylay.dev/previews-', '--overwrite'])
  t.is(await codeOf(origin, cookie, 'WAYLAY_PREVIEW_ENDED'), 410)
  t.regex((await gateway.visit(url)).body, /does not allow shared previews/)
  await kubectl(['annotate', 'namespace', namespace, 'waylay.dev/previews=allow'])
  await eventually('the link leads to maria again', async () =>
    (await gateway.visit(origin, { headers: { cookie } })).status === 200 || undefined)

  await intercept.stop()
  t.is(await codeOf(origin, cookie, 'WAYLAY_PREVIEW_ENDED'), 410)
  t.regex((await gateway.visit(url)).body, /work that this link showed has ended/)
})

test('nothing is shared without consent, and nobody else takes a link back', async t => {
  const willing = await startStory(t)
  const { name, url } = await willing.share()
  const jon = await makeDeveloper(t, willing.namespace, 'jon')

  const refused = await waylay(['preview', 'revoke', name, '-n', willing.namespace], { kubeconfig: jon })
  t.is(refused.exitCode, 6)
  t.regex(refused.stderr, /WAYLAY_CONFLICT/)
  t.is((await gateway.open(url)).page.status, 200)

  await kubectl(['annotate', 'namespace', willing.namespace, 'waylay.dev/previews-'])
  const error = await t.throwsAsync(willing.share())
  t.regex(error.message, /kubectl annotate namespace \S+ waylay\.dev\/previews=allow/)
  t.regex(error.message, /WAYLAY_FORBIDDEN/)
})

test('the link of an environment outlives its companion and ends with it', async t => {
  const namespace = await makeNamespace(t, { annotations: ALLOWED })
  await deployApp(namespace, { env: [{ name: 'NAME', value: 'original' }] })
  await envUp(namespace, 'pr-1', 'version 1')
  const link = async (): Promise<string> => {
    const { stdout, stderr } = await waylay(['env', 'url', 'pr-1', '-n', namespace, '--output', 'json'])
    const { preview } = JSON.parse(stdout) as { preview: { url: string } | null }
    t.truthy(preview, stderr)
    return preview?.url ?? ''
  }
  const url = await link()
  const { cookie, origin, page } = await gateway.open(url)
  t.is((JSON.parse(page.body) as { answeredBy: string }).answeredBy, 'version 1')
  t.is(await link(), url)
  const shown = async (version: string): Promise<unknown> => await eventually(`visitors see ${version}`, async () => {
    const { body } = await gateway.visit(`${origin}/`, { headers: { cookie } })
    return body.includes(`"answeredBy":"${version}"`) ? true : undefined
  })

  await kubectl(['-n', namespace, 'rollout', 'restart', 'deployment/waylay-env-pr-1'])
  await kubectl(['-n', namespace, 'rollout', 'status', 'deployment/waylay-env-pr-1', '--timeout=60s'])
  await shown('version 1')
  await envUp(namespace, 'pr-1', 'version 2')
  await shown('version 2')

  // One that is gone before its successor is there takes the link with it, until it is asked for again.
  await kubectl(['-n', namespace, 'scale', 'deployment/waylay-env-pr-1', '--replicas=0'])
  await codeOf(`${origin}/`, cookie, 'WAYLAY_PREVIEW_ENDED')
  await envUp(namespace, 'pr-1', 'version 2')
  t.is(await link(), url)
  await shown('version 2')

  t.is((await waylay(['env', 'down', 'pr-1', '-n', namespace])).exitCode, 0)
  t.is(await codeOf(`${origin}/`, cookie, 'WAYLAY_PREVIEW_ENDED'), 410)
})
