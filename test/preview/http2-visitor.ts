import { connect, type ClientHttp2Stream, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import type { startGateway } from './cases.ts'

type Gateway = Pick<Awaited<ReturnType<typeof startGateway>>, 'port' | 'host' | 'cookie'>

/** What a visitor with HTTP/2 has seen of an answer when its stream is closed. */
export type Seen = {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly trailers: IncomingHttpHeaders
  /** Code of RST_STREAM; 0 where the answer is whole. */
  readonly reset: number | undefined
}

/** A browser's one connection, with the cookie. */
export function visitWithHttp2 (t: ExecutionContext, { port, host, cookie }: Gateway) {
  const session = connect(`https://127.0.0.1:${port}`, { servername: host, rejectUnauthorized: false })
  session.on('error', () => {})
  t.teardown(() => session.destroy())
  const open = (path: string, headers: OutgoingHttpHeaders = {}, isWhole = true): ClientHttp2Stream => {
    const stream = session.request({ ':path': path, ':authority': host, cookie, ...headers }, { endStream: isWhole })
    return stream.on('error', () => {})
  }
  return { session, open, get: async (path: string) => await seenOf(open(path)) }
}

export async function seenOf (stream: ClientHttp2Stream): Promise<Seen> {
  let headers: IncomingHttpHeaders = {}
  let trailers: IncomingHttpHeaders = {}
  let body = ''
  stream.on('response', received => { headers = received })
  stream.on('trailers', received => { trailers = received })
  stream.on('data', chunk => { body += String(chunk) })
  await new Promise(resolve => { stream.once('close', resolve) })
  return { status: Number(headers[':status']), headers, body, trailers, reset: stream.rstCode }
}

/** An app that answers each connection's first bytes so, byte for byte. */
export function rawApp (answer: string, how: 'end' | 'reset' | 'stay' = 'end'): Server {
  return createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write(answer, 'latin1')
      if (how === 'end') socket.end()
      if (how === 'reset') setTimeout(() => { socket.resetAndDestroy() }, 50)
    })
  })
}

export async function until (what: string, isSo: () => boolean): Promise<void> {
  for (let looks = 0; looks < 500 && !isSo(); looks++) await sleep(10)
  if (!isSo()) throw new Error(`Waited in vain until ${what}`)
}
