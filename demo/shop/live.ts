import { createHash } from 'node:crypto'
import { request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { carriedHeaders } from './carry.ts'
import type { Service } from './service.ts'

/** What comes over the WebSocket: who answers. The last service of the chain says so each second. */
export type LiveMessage = { readonly service: string, readonly answeredBy: string, readonly instance: string }

const TICK_MS = 1000
/** RFC 6455, 1.3. */
const ACCEPT_SUFFIX = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'
const CLOSE = 0x8

/**
 * The server's side of WebSockets, as little of RFC 6455 as the shop needs: the image has no packages. Each service
 * says who it is and from then on hands bytes on between its caller and the service behind: frames as they are.
 */
export function createLive (service: Service) {
  const open = new Set<Duplex>()
  return {
    accept (req: IncomingMessage, socket: Duplex): void {
      open.add(socket)
      socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy()).on('end', () => socket.end())
      socket.write(acceptance(req.headers['sec-websocket-key'] ?? ''))
      socket.write(frameOf(service))
      if (service.next === undefined) tick(service, socket)
      else handOn(service.next.url, req, socket)
    },
    /** Servers do not count these as theirs: without it a pod would wait for its callers. */
    end: () => { for (const socket of open) socket.end(Buffer.from([0x80 | CLOSE, 0])) }
  }
}

function tick (service: Service, socket: Duplex): void {
  const timer = setInterval(() => socket.write(frameOf(service)), TICK_MS)
  socket.on('close', () => clearInterval(timer))
  socket.on('data', (frame: Buffer) => {
    // Browsers send nothing else, and it is short enough to come in one piece.
    if (((frame[0] ?? 0) & 0x0f) === CLOSE) socket.end(Buffer.from([0x80 | CLOSE, 0]))
  })
}

/** The same upgrade, to the next service; whoever ends first ends both. */
function handOn (url: string, incoming: IncomingMessage, socket: Duplex): void {
  const asked = request(new URL('/live', url), {
    agent: false,
    headers: {
      ...carriedHeaders(incoming.headers),
      connection: 'Upgrade',
      upgrade: 'websocket',
      'sec-websocket-version': '13',
      'sec-websocket-key': incoming.headers['sec-websocket-key'] ?? ''
    }
  })
  asked.on('upgrade', (_response, next: Duplex, head: Buffer) => {
    socket.write(head)
    next.pipe(socket).pipe(next)
    next.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => next.destroy())
  })
  asked.on('response', response => { response.resume(); socket.destroy() }).on('error', () => socket.destroy())
  socket.on('close', () => asked.destroy())
  asked.end()
}

function acceptance (key: string): string {
  const accept = createHash('sha1').update(key + ACCEPT_SUFFIX).digest('base64')
  return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
    `Sec-WebSocket-Accept: ${accept}\r\n\r\n`
}

/** One text message. */
function frameOf ({ name, answeredBy, instance }: Service): Buffer {
  const text = Buffer.from(JSON.stringify({ service: name, answeredBy, instance } satisfies LiveMessage))
  const length = text.length < 126 ? [text.length] : [126, text.length >> 8, text.length & 0xff]
  return Buffer.concat([Buffer.from([0x81, ...length]), text])
}
