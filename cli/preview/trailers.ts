import type { ClientHttp2Stream, IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'

type Stream = ServerHttp2Stream | ClientHttp2Stream

/** What comes behind one stream's body. To be made with the stream: Node tells of it once, perhaps before the end. */
export class Trailers {
  #received: IncomingHttpHeaders = {}

  constructor (from: Stream) {
    from.on('trailers', (received: IncomingHttpHeaders) => { this.#received = received })
  }

  /** Sends them behind the other stream's body; Node asks for them there before it ends that. */
  sendOn (to: Stream): void {
    to.on('wantTrailers', () => { to.sendTrailers(this.#received) })
  }
}
