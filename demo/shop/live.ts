import { request, type IncomingMessage } from 'node:http'
import type { Duplex, Transform } from 'node:stream'
import { carriedHeaders } from './carry.ts'
import { CLOSE, frameOf, PING, PONG, readFrame, TEXT, wholeFrames } from './frames.ts'
import { acceptanceOf } from './handshake.ts'
import type { Service } from './service.ts'

/** What comes over the WebSocket: who answers. The last service of the chain says so each second. */
export type LiveMessage = { readonly service: string, readonly answeredBy: string, readonly instance: string }

const TICK_MS = 1000

/**
 * The server's side of WebSockets, as little of RFC 6455 as the shop needs: the image has no packages. Each service
 * says who it is and from then on hands frames on between its caller and the service behind; the last one answers them.
 */
export function createLive (service: Service) {
  /** How each is left. */
  const open = new Map<Duplex, () => void>()
  return {
    /** @param head what came with the handshake. */
    accept (req: IncomingMessage, socket: Duplex, head: Buffer): void {
      socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy()).on('end', () => socket.end())
      socket.unshift(head)
      socket.write(acceptanceOf(req))
      socket.write(messageOf(service))
      open.set(socket, service.next === undefined ? answer(service, socket) : handOn(service.next.url, req, socket))
    },
    /** Servers do not count these as theirs: without it a pod would wait for its callers. */
    end: () => { for (const leave of open.values()) leave() }
  }
}

/** The last service: says who it is each second, and keeps to the rules for pings and closes. */
function answer (service: Service, socket: Duplex): () => void {
  const frames = socket.pipe(wholeFrames())
  const timer = setInterval(() => socket.write(messageOf(service)), TICK_MS)
  socket.on('close', () => clearInterval(timer))
  const end = (closing: Buffer): void => {
    clearInterval(timer)
    frames.removeAllListeners('data')
    socket.end(closing)
  }
  frames.on('error', () => socket.destroy())
  frames.on('data', (bytes: Buffer) => {
    const frame = readFrame(bytes)
    if (frame === undefined) socket.destroy()
    else if (frame.opcode === PING) socket.write(frameOf(PONG, frame.payload))
    else if (frame.opcode === CLOSE) end(frameOf(CLOSE, frame.payload))
  })
  return () => end(frameOf(CLOSE, ''))
}

/** The same upgrade, to the next service; whoever ends first ends both. */
function handOn (url: string, incoming: IncomingMessage, socket: Duplex): () => void {
  let frames: Transform | undefined
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
    next.unshift(head)
    // Whole ones, so that a close of our own never comes within one.
    frames = next.pipe(wholeFrames())
    frames.on('error', () => socket.destroy()).pipe(socket).pipe(next)
    next.on('error', () => socket.destroy()).on('close', () => socket.destroy())
    socket.on('close', () => next.destroy())
  })
  asked.on('response', response => { response.resume(); socket.destroy() }).on('error', () => socket.destroy())
  socket.on('close', () => asked.destroy())
  asked.end()
  return () => {
    frames?.unpipe(socket)
    socket.end(frameOf(CLOSE, ''))
  }
}

function messageOf ({ name, answeredBy, instance }: Service): Buffer {
  return frameOf(TEXT, JSON.stringify({ service: name, answeredBy, instance } satisfies LiveMessage))
}
