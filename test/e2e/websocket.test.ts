import { createServer } from 'node:http'
import test, { type ExecutionContext } from 'ava'
import { serveWebSockets } from './fixtures/websocket-echo.ts'
import { listen } from '../helpers/listening.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const MIB = 1024 * 1024

test('WebSockets go where their upgrade says, and those opened before an intercept outlive it', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, { program: await mountProgram(namespace, 'websocket-app.ts') }) as [Pod]
  await throughProxy(pod)
  const caller = await startProgramPod(t, namespace, 'websocket-caller.ts')
  const url = urlOf(pod).replace('http:', 'ws:')
  const open = async (name: string, headers = {}): Promise<unknown> => await caller('open', { name, url, headers })
  const binary = { bytes: MIB, same: true, isBinary: true }
  const echoes = async (name: string): Promise<void> => {
    t.deepEqual(await caller('text', { name, text: `${name} says ünïcode` }), { text: `${name} says ünïcode`, isBinary: false })
    t.deepEqual(await caller('binary', { name, bytes: MIB }), binary)
  }
  t.is(await open('old'), 'app')
  t.is(await open('old marked', MARIA), 'app', 'no intercept stands yet')
  await echoes('old')

  const port = await startEcho(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', MARIA['x-waylay-id']])
  const names = ['old', 'old marked', 'marked', 'unmarked']
  t.deepEqual(await Promise.all([open('marked', MARIA), open('unmarked')]), ['maria', 'app'])
  await Promise.all(names.map(echoes))
  // Several big messages at once in both directions, on all of them.
  for (let round = 0; round < 3; round++) await Promise.all(names.map(echoes))
  t.deepEqual(await caller('ended'), [])
  t.is(await open('to be closed by maria', MARIA), 'maria')
  t.is(await open('to be closed by its caller', MARIA), 'maria')
  t.is(await open('to be closed by the app'), 'app')
  t.deepEqual(await Promise.all([
    caller('askToClose', { name: 'to be closed by maria', code: 4001 }),
    caller('askToClose', { name: 'to be closed by the app', code: 4002 }),
    caller('close', { name: 'to be closed by its caller', code: 4003, reason: 'enough' })
  ]), [
    { code: 4001, reason: 'maria was told to' }, { code: 4002, reason: 'app was told to' }, { code: 4003, reason: 'enough' }
  ])
  const closed = (await caller('ended') as unknown[]).length
  t.is(closed, 3)

  const { exitCode } = await intercept.stop()

  t.is(exitCode, 0)
  for (const name of ['old', 'old marked', 'unmarked']) await echoes(name)
  t.is(await open('after', MARIA), 'app')
  await echoes('after')
  const ended = (await caller('ended') as { name: string, code: number }[]).slice(closed)
  t.deepEqual(ended.map(({ name }) => name).filter(name => name !== 'marked'), [], 'none but the developer\'s own ended')
  t.log(`5 WebSockets, 1 MiB echoes both ways: closed by the intercept's start: 0, by its end: ${JSON.stringify(ended)}`)
})

async function startEcho (t: ExecutionContext, name: string): Promise<number> {
  const server = createServer()
  serveWebSockets(server, name)
  return await listen(t, server)
}
