import test, { type ExecutionContext } from 'ava'
import type { GrpcServer } from './fixtures/grpc-service.ts'
import { startGrpcProgram } from '../helpers/grpc-hop.ts'
import { eventually } from '../helpers/kube.ts'
import { mountProgram } from '../helpers/mounted-program.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import type { PodCommands } from '../helpers/pod-commands.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, type Pod } from '../helpers/workload.ts'

const ID = 'maria-12345678'
const TEXT = 'x'.repeat(1000)

test('every kind of gRPC call goes where its metadata says, on one channel that was open before', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace, {
    program: await mountProgram(namespace, 'grpc-app.ts'), probe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
  }) as [Pod]
  await throughProxy(pod)
  const caller = await startProgramPod(t, namespace, 'grpc-caller.ts')
  await caller('open', { address: `${pod.status.podIP ?? ''}:8080` })
  const connectionsNow = async (): Promise<unknown> => await caller('connections')
  const one = { opened: 1, closed: 0, goAways: 0 }
  await everyKind(t, caller, 'app', true)
  for (const marked of [true, false]) await caller('chat', { name: marked ? 'old marked' : 'old', marked })
  for (const name of ['old', 'old marked']) t.is(await caller('say', { name, text: 'hello' }), 'app')
  t.deepEqual(await connectionsNow(), one, 'all of it is one connection')
  await caller('backgroundStart', { inFlight: 8 })

  const maria = await startGrpcProgram(t, 'maria')
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(maria.port), '--id', ID])
  t.deepEqual(await connectionsNow(), one, 'the intercept\'s start closed nothing')
  for (const name of ['old', 'old marked']) t.is(await caller('say', { name, text: 'again' }), 'app', `${name} stays`)
  await Promise.all([everyKind(t, caller, 'maria', true), everyKind(t, caller, 'app', false)])
  await abandonedCalls(t, caller, maria)
  await caller('chat', { name: 'new', marked: true })
  t.is(await caller('say', { name: 'new', text: 'hello' }), 'maria')
  t.deepEqual(await caller('hangUp', { name: 'new' }), { code: 'OK', trailerBy: 'maria' })
  t.true(maria.calls() > 0)

  const { exitCode } = await intercept.stop()

  t.is(exitCode, 0)
  for (const name of ['old', 'old marked']) t.is(await caller('say', { name, text: 'still' }), 'app', `${name} stays`)
  await everyKind(t, caller, 'app', true)
  t.deepEqual(await caller('hangUp', { name: 'old' }), { code: 'OK', trailerBy: 'app' })
  const background = await caller('backgroundStop') as { calls: number, failed: number }
  t.deepEqual(await connectionsNow(), one, 'the intercept\'s end closed nothing')
  t.is(background.failed, 0, JSON.stringify(background))
  t.log(`${background.calls} unmarked calls beside the marked ones, ${background.failed} failed or went astray`)
  t.log(`connections of the channel: ${JSON.stringify(await connectionsNow())}`)
})

/** Unary, all streaming kinds and a failure, each answered by one and the same. */
async function everyKind (t: ExecutionContext, caller: PodCommands, by: string, marked: boolean): Promise<void> {
  const call = { marked, text: TEXT, count: 500 }
  const [unary, fail, download, upload] = await Promise.all(
    ['unary', 'fail', 'download', 'upload'].map(async kind => await caller(kind, call)))
  t.deepEqual(unary, { code: 'OK', by, trailerBy: by })
  t.deepEqual(fail, { code: 'FAILED_PRECONDITION', details: `${by} says no: ünïcode`, trailerBy: by })
  t.deepEqual(download, { code: 'OK', by, count: 500, trailerBy: by })
  t.deepEqual(upload, { code: 'OK', by, count: 500, trailerBy: by })
  const name = `chat ${by} ${marked} ${performance.now()}`
  await caller('chat', { name, marked })
  for (const text of ['one', 'two', TEXT]) t.is(await caller('say', { name, text }), by)
  t.deepEqual(await caller('hangUp', { name }), { code: 'OK', trailerBy: by })
}

/** A cancelled call and one whose time is up, both long enough to reach who answers: both sides know. */
async function abandonedCalls (t: ExecutionContext, caller: PodCommands, maria: Program): Promise<void> {
  for (const marked of [true, false]) {
    t.like(await caller('cancel', { marked }), { code: 'CANCELLED' })
    t.like(await caller('deadline', { marked, deadlineMs: 3000 }), { code: 'DEADLINE_EXCEEDED' })
  }
  await eventually('the developer\'s program knows of both', async () => maria.cancelled() === 2 ? true : undefined)
}

type Program = GrpcServer & { readonly port: number }
