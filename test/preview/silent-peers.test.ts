import { readFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import test from 'ava'
import { startGateway } from './cases.ts'
import { until, visitWithHttp2 } from './http2-visitor.ts'

/** proc_pid_net(5): the timer that runs for a socket is the one that asks a silent peer. */
const KEEPALIVE = '02'
const ESTABLISHED = '01'

/** Timers of the established connections of this machine, by port of either end. */
async function timersOf (end: 'local' | 'peer', port: number): Promise<readonly string[]> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const lines = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1).map(line => line.trim().split(/\s+/))
  return lines
    .filter(([, local = '', peer = '', state]) => state === ESTABLISHED && (end === 'local' ? local : peer).endsWith(`:${hex}`))
    .map(fields => fields[5]?.slice(0, 2) ?? '')
}

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('neither a visitor nor an app whose machine is gone without a word is waited for for ever', async t => {
  let isAsked = false
  const app = createServer(socket => { socket.on('error', () => {}).once('data', () => { isAsked = true }) })
  const started = await startGateway(t, app)
  visitWithHttp2(t, started).open('/')
  await until('the app was asked', () => isAsked)
  const { port: appPort } = app.address() as AddressInfo
  for (const [end, port] of [['local', started.port], ['peer', appPort]] as const) {
    let timers = await timersOf(end, port)
    // Another one runs for a moment after bytes were sent.
    for (let looks = 0; looks < 100 && timers[0] !== KEEPALIVE; looks++) {
      await sleep(10)
      timers = await timersOf(end, port)
    }
    t.deepEqual(timers, [KEEPALIVE], end)
  }
})
