import { once } from 'node:events'
import {
  createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream,
  type ServerOptions
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

export type Http2App = {
  readonly port: number
  readonly server: Http2Server
  readonly sessions: Set<ServerHttp2Session>
}

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void

/** A server of Node's own. Closed with the test. */
export async function serveHttp2 (
  t: ExecutionContext, onStream: OnStream, options: ServerOptions = {}
): Promise<Http2App> {
  const server = createServer(options)
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', session => {
    sessions.add(session)
    session.on('error', () => {})
    session.on('close', () => sessions.delete(session))
  })
  server.on('stream', (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
    stream.on('error', () => {})
    onStream(stream, headers)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    for (const session of sessions) session.destroy()
  })
  return { port: (server.address() as AddressInfo).port, server, sessions }
}

/** Answers with as many bytes as the path says, of its name's first letter. */
export function sendBytes (name: string): (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void {
  return (stream, headers) => {
    stream.respond({ ':status': 200, 'x-name': name })
    stream.end(Buffer.alloc(Number(headers[':path']?.slice(1)), name))
    stream.resume()
  }
}

/** Sends back what it gets, and says its name in a trailer. */
export function echo (name: string): (stream: ServerHttp2Stream) => void {
  return stream => {
    stream.respond({ ':status': 200, 'x-name': name }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'x-trailer': name }))
    stream.pipe(stream)
  }
}
