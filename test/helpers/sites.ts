import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { WebSocketServer } from 'ws'

/** What one server, under as many names as one likes, was asked. */
export type Sites = {
  readonly port: number
  readonly urlOf: (host: string, path?: string) => string
  /** As `GET a.test/path x-waylay-id`, with `-` for no header; those since it was last called. */
  readonly seen: () => readonly string[]
}

/**
 * Answers every host with a page, `/to?<url>` with a redirect, and WebSockets with what they send. Other origins may
 * read the answers, but may set no header of their own.
 */
export async function startSites (t: ExecutionContext, header = 'x-waylay-id'): Promise<Sites> {
  const seen: string[] = []
  const note = (req: IncomingMessage) => {
    const [host] = (req.headers.host ?? '').split(':')
    const what = req.headers.upgrade === undefined ? req.method : 'WS'
    seen.push(`${what} ${host}${req.url?.split('?')[0]} ${String(req.headers[header] ?? '-')}`)
  }
  const server = createServer((req, res) => {
    note(req)
    answer(req, res)
  })
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket, req) => {
    note(req)
    socket.on('message', message => socket.send(message, { binary: false }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets.clients) socket.terminate()
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  return { port, urlOf: (host, path = '/') => `http://${host}:${port}${path}`, seen: () => seen.splice(0) }
}

function answer (req: IncomingMessage, res: ServerResponse): void {
  const [path, query = ''] = (req.url ?? '/').split('?')
  res.setHeader('access-control-allow-origin', '*').setHeader('cache-control', 'no-store')
  if (path === '/to') {
    res.writeHead(302, { location: decodeURIComponent(query) }).end()
    return
  }
  res.writeHead(200, { 'content-type': 'text/html' })
  res.end('<!doctype html><title>site</title><link rel="icon" href="data:,"><h1>site</h1>')
}
