import type { Socket } from 'node:net'
import { looksLikePreface } from '../../http2/preface.ts'
import { listenEntry, type Entry } from '../reach/entry.ts'
import { Http1Caller } from './http1-caller.ts'
import type { Http2Callers } from './http2-caller.ts'
import type { Site } from './site.ts'

/** Fewer bytes of HTTP/2's preface are also the beginning of a PUT or a POST. */
const MIN_PREFACE_BYTES = 3
/** First byte of TLS: somebody typed https. */
const TLS_HANDSHAKE = 22

export type ServeOptions = {
  readonly ports: readonly number[]
  /** Known once it listens. */
  readonly siteFor: (port: number) => { readonly site: Site, readonly http2: Http2Callers }
  readonly onTls: () => void
}

/**
 * Listens on the first of the ports that is free.
 *
 * @throws {WaylayError} `WAYLAY_PORT_IN_USE`, `WAYLAY_USAGE`
 */
export async function servePreview ({ ports, siteFor, onTls }: ServeOptions): Promise<Entry> {
  const serving = Promise.withResolvers<ReturnType<ServeOptions['siteFor']>>()
  const entry = await listenFirst(ports, socket => {
    void serving.promise.then(served => { receive(socket, served, onTls) })
  })
  serving.resolve(siteFor(entry.port))
  return entry
}

async function listenFirst (ports: readonly number[], onConnection: (socket: Socket) => void): Promise<Entry> {
  const [port = 0, ...others] = ports
  try {
    return await listenEntry(port, '--port', onConnection, 'Choose one from 1024 up: --port <port of this machine>:<service port>')
  } catch (error) {
    if (others.length === 0) throw error
    return await listenFirst(others, onConnection)
  }
}

/** Looks at the first bytes only: which protocol the caller speaks. */
function receive (
  socket: Socket, { site, http2 }: ReturnType<ServeOptions['siteFor']>, onTls: () => void
): void {
  socket.once('readable', () => {
    const first = socket.read() as Buffer | null
    if (first === null) {
      socket.destroy()
      return
    }
    const isPreface = first.length >= MIN_PREFACE_BYTES && looksLikePreface(first, 0, first.length) !== 'no'
    if (first[0] === TLS_HANDSHAKE) {
      onTls()
      socket.destroy()
      return
    }
    socket.unshift(first)
    if (isPreface) http2.accept(socket)
    else new Http1Caller(socket, site).start()
  })
}
