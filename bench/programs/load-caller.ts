// Callers that keep their connections. Reads bytes itself: a client library would cost more than what is measured.
import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { serveCommands } from '../../test/e2e/fixtures/serve-commands.ts'

/** What to send, where, and for how long. */
export type LoadCommand = {
  readonly host: string
  readonly port: number
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly uploadBytes: number
  readonly connections: number
  readonly seconds: number
  /** A response without this field is an error. */
  readonly mustCarry?: string | undefined
  /** Between an answer and the next request of its connection; absent: none. */
  readonly pauseMs?: number
}

export type CallerResult = {
  readonly requests: number
  readonly seconds: number
  readonly p50Us: number
  readonly p99Us: number
}

const WARM_UP_MS = 500
// A request of 1 MB on a slow way takes a while; one that takes this long is lost.
const ANSWER_TIMEOUT_MS = 30_000

serveCommands({ load: runLoad })

async function runLoad (command: LoadCommand): Promise<CallerResult> {
  const connections = await Promise.all(Array.from({ length: command.connections }, async () => await open(command)))
  try {
    await runPhase(connections, WARM_UP_MS, command.pauseMs)
    for (const { durationsUs } of connections) durationsUs.length = 0
    const ms = await runPhase(connections, command.seconds * 1000, command.pauseMs)
    const durationsUs = connections.flatMap(connection => connection.durationsUs).sort((a, b) => a - b)
    const at = (share: number): number => durationsUs[Math.floor(share * durationsUs.length)] ?? NaN
    return { requests: durationsUs.length, seconds: ms / 1000, p50Us: at(0.5), p99Us: at(0.99) }
  } finally {
    for (const { socket } of connections) socket.destroy()
  }
}

/** Requests that began in this time are waited for, so that large ones count whole. Returns how long it took. */
async function runPhase (connections: readonly Connection[], ms: number, pauseMs = 0): Promise<number> {
  const startMs = performance.now()
  await Promise.all(connections.map(async connection => {
    while (performance.now() - startMs < ms) {
      await connection.ask()
      if (pauseMs > 0) await delay(pauseMs)
    }
  }))
  return performance.now() - startMs
}

async function open (command: LoadCommand): Promise<Connection> {
  const socket = connect({ host: command.host, port: command.port, noDelay: true })
  await once(socket, 'connect')
  return new Connection(socket, command)
}

/** One connection with one request at a time. */
class Connection {
  readonly socket: Socket
  readonly durationsUs: number[] = []
  readonly #request: Buffer
  readonly #mustCarry: string | undefined
  /** Bytes of a head that has not come whole yet. */
  #head: Buffer = Buffer.alloc(0)
  /** Of the body that comes now; undefined while its head comes. */
  #bytesLeft: number | undefined
  #answer: PromiseWithResolvers<void> | undefined

  constructor (socket: Socket, { host, path, headers, uploadBytes, mustCarry }: LoadCommand) {
    this.socket = socket
    this.#mustCarry = mustCarry?.toLowerCase()
    const lines = [
      `${uploadBytes > 0 ? 'POST' : 'GET'} ${path} HTTP/1.1`, `Host: ${host}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
      ...uploadBytes > 0 ? [`Content-Length: ${uploadBytes}`] : []
    ]
    this.#request = Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`), Buffer.alloc(uploadBytes, 'u')])
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => { socket.destroy(new Error('no answer')) })
    socket.on('data', (chunk: Buffer) => { this.#receive(chunk) })
    socket.on('error', error => { this.#answer?.reject(error) })
    socket.on('close', () => { this.#answer?.reject(new Error('the connection was closed')) })
  }

  async ask (): Promise<void> {
    const startMs = performance.now()
    this.#answer = Promise.withResolvers()
    this.socket.write(this.#request)
    await this.#answer.promise
    this.durationsUs.push((performance.now() - startMs) * 1000)
  }

  #receive (chunk: Buffer): void {
    if (this.#bytesLeft === undefined) {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk])
      const end = this.#head.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#readHead(this.#head.toString('latin1', 0, end + 2).toLowerCase())
      this.#bytesLeft = (this.#bytesLeft ?? 0) - (this.#head.length - end - 4)
      this.#head = Buffer.alloc(0)
    } else {
      this.#bytesLeft -= chunk.length
    }
    if (this.#bytesLeft > 0) return
    this.#bytesLeft = undefined
    this.#answer?.resolve()
  }

  #readHead (head: string): void {
    const length = /\r\ncontent-length: *(\d+)\r\n/.exec(head)?.[1]
    const isGood = head.startsWith('http/1.1 200 ') && length !== undefined &&
      (this.#mustCarry === undefined || head.includes(`\r\n${this.#mustCarry}:`))
    if (!isGood) this.#answer?.reject(new Error(`An answer that was not asked for: ${head.trim()}`))
    this.#bytesLeft = Number(length)
  }
}
