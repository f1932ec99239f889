// Passes TCP connections on, each byte so many milliseconds later, each way, as fast as it came.
//   node bench/programs/delay-relay.ts <host> <port> <delayMs>      driven over stdin: listen
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { serveCommands } from '../../test/e2e/fixtures/serve-commands.ts'

// What is under way at any time on a way of 1 GB/s and 25 ms; more would be a queue, which no network has for long.
const LIMIT_BYTES = 32 * 1024 * 1024

const [host = '', port = '', delay = ''] = process.argv.slice(2)
const delayMs = Number(delay)

const server = createServer({ noDelay: true, allowHalfOpen: true }, near => {
  const far = connect({ host, port: Number(port), noDelay: true, allowHalfOpen: true })
  passLater(near, far)
  passLater(far, near)
})

serveCommands({
  listen: async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
})

function passLater (from: Socket, to: Socket): void {
  let underWayBytes = 0
  from.on('data', chunk => {
    underWayBytes += chunk.length
    if (underWayBytes > LIMIT_BYTES) from.pause()
    later(() => {
      to.write(chunk, () => {
        underWayBytes -= chunk.length
        if (underWayBytes <= LIMIT_BYTES) from.resume()
      })
    })
  })
  from.on('end', () => { later(() => { to.end() }) })
  from.on('error', () => { to.destroy() })
  from.on('close', () => { later(() => { to.destroySoon() }) })
}

type Due = { readonly atMs: number, readonly run: () => void }
const due: Due[] = []
let first = 0

/** In order, and more exactly than a timer for each: those of one millisecond share one. */
function later (run: () => void): void {
  due.push({ atMs: performance.now() + delayMs, run })
  if (due.length - first === 1) setTimeout(runDue, delayMs)
}

function runDue (): void {
  for (;;) {
    const next = due[first]
    if (next === undefined) break
    const leftMs = next.atMs - performance.now()
    if (leftMs > 0.5) return void setTimeout(runDue, leftMs)
    first++
    next.run()
  }
  due.length = first = 0
}
