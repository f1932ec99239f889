/** The real bash script, a stand-in for the proxy with the real life.ts, and ears on the disarm ports. */
import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import test, { type ExecutionContext } from 'ava'
import { PORTS } from '../../common/contract.ts'
import { startLife } from '../../proxy/life.ts'

const supervisor = join(import.meta.dirname, '../../proxy/supervisor.sh')
const fakeProxy = join(import.meta.dirname, 'fixtures/life-only.ts')

if (process.platform !== 'linux') console.error('skipping test/proxy/supervisor.test.ts: the sidecar runs on Linux only')
const bashTest = process.platform === 'linux' ? test : test.skip

bashTest('a proxy that is killed is disarmed and started again', async t => {
  const pod = await startSupervisor(t, 'live')
  const first = await pod.proxyUp()
  t.deepEqual(pod.disarmed(), [])

  process.kill(first, 'SIGKILL')

  t.not(await pod.proxyUp(), first)
  t.deepEqual(pod.disarmed(), ['127.0.0.1', '::1'])
  t.regex(pod.said(), /ended with 137, starting it again in 200 ms/)
})

bashTest('a proxy that hangs is killed, disarmed and started again', async t => {
  const pod = await startSupervisor(t, 'live')
  const first = await pod.proxyUp()

  process.kill(first, 'SIGSTOP')

  t.not(await pod.proxyUp(), first)
  t.deepEqual(pod.disarmed(), ['127.0.0.1', '::1'])
  t.regex(pod.said(), /no sign of life from the proxy for 5 s, killing it/)
})

bashTest('a proxy that hangs before its first byte is killed too', async t => {
  const pod = await startSupervisor(t, 'silent')
  const first = await pod.proxyUp()

  t.not(await pod.proxyUp(), first)
  t.regex(pod.said(), /no sign of life from the proxy for 15 s, killing it/)
})

bashTest('a proxy that keeps ending waits longer each time', async t => {
  const pod = await startSupervisor(t, '3')
  for (let starts = 0; starts < 4; starts++) await pod.proxyUp()

  const waits = [...pod.said().matchAll(/ended with 3, starting it again in (\d+) ms/g)].map(([, ms]) => ms)
  t.deepEqual(waits.slice(0, 3), ['200', '400', '800'])
})

bashTest('the wait ends growing, and begins anew after a good life', async t => {
  // A second of this bash passes when the test says so: how long a start takes on a busy machine changes no life. The
  // longest wait is 30 s; a test must not take that long.
  const folder = mkdtempSync(join(tmpdir(), 'waylay-supervisor-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const clock = join(folder, 'clock')
  const told = readFileSync(supervisor, 'utf8')
    .replace('longest_backoff_ms=30000', 'longest_backoff_ms=600').replaceAll(/\$?\bSECONDS\b/g, `$(<${clock})`)
  writeFileSync(join(folder, 'supervisor.sh'), told)
  writeFileSync(clock, '0')
  const pod = await startSupervisor(t, 'live', {}, join(folder, 'supervisor.sh'))
  for (const atSeconds of [1, 2, 3, 12, 22]) {
    const proxy = await pod.proxyUp()
    writeFileSync(clock, String(atSeconds))
    process.kill(proxy, 'SIGKILL')
  }
  await pod.proxyUp()

  const waits = [...pod.said().matchAll(/starting it again in (\d+) ms/g)].map(([, ms]) => Number(ms))
  // Lives of 1, 1, 1, 9 and 10 seconds.
  t.deepEqual(waits, [200, 400, 600, 600, 200])
})

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  bashTest(`${signal} ends the proxy, disarms, and is not followed by a start`, async t => {
    const pod = await startSupervisor(t, 'live')
    const proxy = await pod.proxyUp()

    pod.kill(signal)

    t.is(await pod.exitCode, signal === 'SIGTERM' ? 7 : 130)
    t.deepEqual(pod.disarmed(), ['127.0.0.1', '::1'])
    t.throws(() => process.kill(proxy, 0), { code: 'ESRCH' })
    t.is(pod.said(), '')
  })
}

bashTest('a signal between two starts ends the supervisor with the last code', async t => {
  const pod = await startSupervisor(t, '3')
  for (let starts = 0; starts < 3; starts++) await pod.proxyUp()

  pod.kill('SIGTERM')

  t.true([3, 143].includes(await pod.exitCode ?? 0)) // 143: the signal met a proxy that was just starting.
})

bashTest('the options for Node are handed on as words', async t => {
  const pod = await startSupervisor(t, 'live', { WAYLAY_NODE_OPTIONS: '--max-old-space-size=64 --no-warnings' })

  t.regex(await pod.firstLine(), /--max-old-space-size=64 --no-warnings$/)
})

test('life without a supervisor or its pipe is harmless', t => {
  t.notThrows(() => startLife(undefined)())
  t.notThrows(() => startLife(9999)())
})

bashTest('a hostile name in the configuration is text and no listener', async t => {
  const evil = await listen(t, 'udp4', 0)
  const folder = mkdtempSync(join(tmpdir(), 'waylay-hostile-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const touch = `touch ${folder}/owned`
  const listener = evil.socket.address().port - PORTS.disarmOffset
  const other = `"listener":${listener}`
  const commands = `$(${touch})\`${touch}\`; ${touch} & ${touch}'"\\ a[$(${touch})]`
  const name = `x",${other},"y\n${other}\n${commands}`
  const pod = await startSupervisor(t, 'live', {}, supervisor, `thing/${name}`)

  process.kill(await pod.proxyUp(), 'SIGKILL')
  await pod.proxyUp()

  t.deepEqual(pod.disarmed(), ['127.0.0.1', '::1'])
  t.is(evil.count(), 0)
  t.deepEqual(readdirSync(folder), [])
})

async function startSupervisor (
  t: ExecutionContext, behaviour: string, env: Readonly<Record<string, string>> = {}, script = supervisor,
  workload = 'deployment/payments'
) {
  const ears = await listen(t, 'udp4', 0)
  const { port } = ears.socket.address()
  const heard = [ears, await listen(t, 'udp6', port)]
  const child = spawn('bash', [script, fakeProxy], {
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: `${dirname(process.execPath)}:${process.env['PATH']}`,
      FAKE_PROXY: behaviour,
      WAYLAY_CONFIG: JSON.stringify(
        { workload, ports: [{ port: 80, listener: port - PORTS.disarmOffset }] }, undefined, 1),
      ...env
    }
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (piece: string) => { said += piece })
  const exitCode = once(child, 'exit').then(([code]) => code as number | null)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const firstLine = async (): Promise<string> => String((await lines.next()).value)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exitCode
  })
  return {
    exitCode,
    firstLine,
    /** Waits for the next start of the proxy. @returns its process id. */
    proxyUp: async () => Number((await firstLine()).split(' ')[1]),
    disarmed: () => heard.filter(({ count }) => count() > 0).map(({ address }) => address),
    said: () => said,
    kill: (signal: NodeJS.Signals) => child.kill(signal)
  }
}

type Ears = { readonly socket: Socket, readonly address: string, readonly count: () => number }

async function listen (t: ExecutionContext, type: 'udp4' | 'udp6', port: number): Promise<Ears> {
  const address = type === 'udp4' ? '127.0.0.1' : '::1'
  const socket = createSocket(type).bind(port, address)
  await once(socket, 'listening')
  t.teardown(() => socket.close())
  let count = 0
  socket.on('message', () => count++)
  return { socket, address, count: () => count }
}
