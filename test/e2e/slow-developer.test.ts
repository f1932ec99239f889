import { readFile } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import test, { type ExecutionContext } from 'ava'
import { eventually } from '../helpers/kube.ts'
import { listen } from '../helpers/listening.ts'
import { makeNamespace } from '../helpers/namespace.ts'
import { startProgramPod } from '../helpers/program-pod.ts'
import { describeSpread, percentile } from '../helpers/statistics.ts'
import { metricsOf, throughProxy } from '../helpers/through-proxy.ts'
import { startIntercept } from '../helpers/waylay.ts'
import { deployApp, urlOf, type Pod } from '../helpers/workload.ts'

const MARIA = { 'x-waylay-id': 'maria-12345678' }
const PAIRS = 20
const WINDOW_MS = 1500
// Until all windows and buffers on the way are full, or empty again.
const SETTLE_MS = 800
const A_SECOND = 200
const UPLOADS = 2
const UPLOAD_BYTES_A_SECOND = 10_000_000

type Taken = { readonly latenciesMs: readonly number[], readonly failures: readonly string[] }
type UploadState = { readonly sent: number, readonly ended?: string }

test.serial('a developer whose machine stops reading costs the others nothing', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  await throughProxy(pod)
  const caller = await startProgramPod(t, namespace, 'slow-caller.ts')
  const port = await startReader(t)
  const intercept = await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', MARIA['x-waylay-id']])
  await caller('loadStart', { url: `${urlOf(pod)}/others`, aSecond: A_SECOND })
  await caller('uploadStart', { url: urlOf(pod), headers: MARIA, bytesASecond: UPLOAD_BYTES_A_SECOND, count: UPLOADS })
  const p99Of = async (ms: number): Promise<number> => {
    await pause(SETTLE_MS)
    const before = await caller('loadTake') as Taken
    await pause(ms)
    const taken = await caller('loadTake') as Taken
    failures.push(...before.failures, ...taken.failures)
    requests += taken.latenciesMs.length
    return percentile(taken.latenciesMs, 0.99)
  }
  const failures: string[] = []
  let requests = 0
  await p99Of(1000)

  const reading: number[] = []
  const stopped: number[] = []
  const sent = { reading: 0, stopped: 0 }
  const sentSoFar = async (): Promise<number> =>
    (await caller('uploads') as readonly UploadState[]).reduce((sum, upload) => sum + upload.sent, 0)
  for (let pair = 0; pair < PAIRS; pair++) {
    // Which one is first changes, so that a drift of the machine's is nobody's.
    for (const isStopped of pair % 2 === 0 ? [true, false] : [false, true]) {
      if (isStopped) intercept.kill('SIGSTOP')
      const sentBefore = await sentSoFar()
      ;(isStopped ? stopped : reading).push(await p99Of(WINDOW_MS))
      sent[isStopped ? 'stopped' : 'reading'] += await sentSoFar() - sentBefore
      if (isStopped) intercept.kill('SIGCONT')
    }
  }
  const uploads = await caller('uploads') as readonly UploadState[]
  await caller('loadStop')

  t.log(`others' p99 in ms over ${PAIRS} pairs of ${WINDOW_MS} ms, ${requests} requests`)
  t.log(`while the developer reads:    ${describeSpread(reading)}`)
  t.log(`while the command is stopped: ${describeSpread(stopped)}`)
  t.log(`difference in each pair:      ${describeSpread(stopped.map((value, pair) => value - (reading[pair] ?? NaN)))}`)
  t.log(`uploads to the developer took ${(sent.reading / 1e6).toFixed(0)} MB while it read, ` +
    `${(sent.stopped / 1e6).toFixed(0)} MB while it was stopped`)
  t.deepEqual(failures, [], 'nobody else\'s request failed')
  t.true(requests > PAIRS * WINDOW_MS / 1000 * A_SECOND, 'there was a load')
  t.true(sent.stopped < sent.reading / 2, 'the uploads felt the stop')
  t.deepEqual(uploads.map(({ ended }) => ended), Array.from({ length: UPLOADS }, () => undefined), 'nor did an upload')
})

test.serial('a caller that vanishes while its upload waits is noticed', async t => {
  const namespace = await makeNamespace(t)
  const [pod] = await deployApp(namespace) as [Pod]
  await throughProxy(pod)
  const caller = await startProgramPod(t, namespace, 'slow-caller.ts')
  const port = await startDeaf(t)
  await startIntercept(t, ['app', '-n', namespace, '--port', String(port), '--id', MARIA['x-waylay-id']])
  const stats: number[] = []
  for (let round = 0; round < 3; round++) {
    await caller('uploadStart', { url: urlOf(pod), headers: MARIA, count: UPLOADS })
    let before: readonly UploadState[] = []
    await eventually('the uploads wait', async () => {
      await pause(1000)
      const now = await caller('uploads') as readonly UploadState[]
      const stands = now.every(({ sent }, index) => sent > 1_000_000 && sent === before[index]?.sent)
      before = now
      return stands ? true : undefined
    })
    t.is(await connectionsTo(port), UPLOADS)
    t.is((await metricsOf(pod)).get('waylay_streams'), UPLOADS)

    const startedMs = performance.now()
    await caller('reset')
    await eventually('the command has let go of the program', async () =>
      await connectionsTo(port) === 0 ? true : undefined, { everyMs: 10 })
    stats.push(Math.round(performance.now() - startedMs))
    await eventually('the proxy holds nothing for them either', async () =>
      (await metricsOf(pod)).get('waylay_streams') === 0 ? true : undefined)
    t.log(`${UPLOADS} callers gone in mid-upload (${before.map(({ sent }) => (sent / 1e6).toFixed(1)).join(' ')} MB sent): ` +
      `the developer's program was told after ${stats.at(-1)} ms`)
  }
})

async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}

/** Reads everything, answers nothing. */
async function startReader (t: ExecutionContext): Promise<number> {
  const server = createHttpServer({ requestTimeout: 0 }, request => {
    request.on('error', () => {})
    request.resume()
  })
  return await listen(t, server)
}

/** Takes connections and never reads a byte: a program at a breakpoint. */
async function startDeaf (t: ExecutionContext): Promise<number> {
  const server = createServer({ pauseOnConnect: true }, socket => {
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

/**
 * Connections to a port of this machine's loopback, as the kernel has them: a program that does not read would not
 * know. Columns of /proc/net/tcp: own address, peer, state (01 is ESTABLISHED).
 */
async function connectionsTo (port: number): Promise<number> {
  const peer = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const lines = (await readFile('/proc/net/tcp', 'latin1')).split('\n')
  return lines.filter(line => line.trim().split(/\s+/)[2] === peer && line.trim().split(/\s+/)[3] === '01').length
}
