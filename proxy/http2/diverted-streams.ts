import { DEFAULT_WINDOW_BYTES, REFUSED_STREAM } from '../../http2/frame.ts'
import type { Http2Request } from '../../http2/request.ts'
import { rstStream } from '../../http2/write-frames.ts'
import { varyBy } from '../condition.ts'
import type { PortRoutes } from '../port-routes.ts'
import { requestIdOf } from '../request-id.ts'
import type { Route } from '../routes.ts'
import { ClosedIds } from './closed-ids.ts'
import { DeveloperPeers } from './developer-peers.ts'
import { DivertedStream, type RequestFacts, type StreamHome, type StreamPeer } from './diverted-stream.ts'
import type { PeerHead } from './peer-link.ts'
import { RecentIds } from './recent-ids.ts'
import type { ResponseWay } from './response-way.ts'

/** The diverted streams of one caller's connection, and what all of them share. */
export class DivertedStreams implements StreamHome {
  readonly response: ResponseWay
  readonly peers: DeveloperPeers
  /** Streams that went to the app. */
  readonly appIds = new RecentIds()
  readonly #streams = new Map<number, DivertedStream>()
  readonly #closed = new ClosedIds()
  readonly #onEmpty: () => void
  #callerWindowBytes = DEFAULT_WINDOW_BYTES
  #appWindowBytes = DEFAULT_WINDOW_BYTES
  #isUsed = false

  constructor (response: ResponseWay, head: PeerHead, onEmpty: () => void) {
    this.response = response
    this.peers = new DeveloperPeers(head)
    this.#onEmpty = onEmpty
  }

  /** Whether any stream was ever diverted, so that frames may come that are not the app's. */
  get isUsed (): boolean {
    return this.#isUsed
  }

  get isEmpty (): boolean {
    return this.#streams.size === 0
  }

  get highestOpen (): number {
    return Math.max(0, ...this.#streams.keys())
  }

  get (streamId: number): DivertedStream | undefined {
    return this.#streams.get(streamId)
  }

  /** Whether it was one and is over: what still comes for it is nobody's. */
  isClosed (streamId: number): boolean {
    return this.#closed.has(streamId)
  }

  callerWindowBytes (): number {
    return this.#callerWindowBytes
  }

  appWindowBytes (): number {
    return this.#appWindowBytes
  }

  /** @param block `bytes[from..to)`, self-contained. */
  divert (
    streamId: number, route: Route, request: Http2Request, bytes: Buffer, from: number, to: number, ends: boolean
  ): void {
    this.#isUsed = true
    const facts = factsOf(route, request)
    try {
      const peer = this.peers.get(route)
      const stream = this.#add(streamId, peer, facts)
      peer.open(stream, bytes, from, to, ends)
      stream.grantUpload()
    } catch {
      const stream = this.#add(streamId, nobody(route), facts)
      if (ends) stream.upload.endWithHead()
      const why = route.isGone() ? 'The developer has no session' : 'The developer\'s side takes no requests'
      stream.fail('WAYLAY_DEVELOPER_GONE', why)
    }
  }

  /** The app takes no more streams on this connection. */
  refuse (streamId: number): void {
    this.#isUsed = true
    this.#closed.add(streamId)
    this.response.send(rstStream(streamId, REFUSED_STREAM))
  }

  onOver (stream: DivertedStream): void {
    this.#streams.delete(stream.id)
    this.#closed.add(stream.id)
    if (this.#streams.size === 0) this.#onEmpty()
  }

  /** The caller's windows change, also of streams that are open (RFC 9113, 6.9.2). */
  setCallerWindow (bytes: number): void {
    for (const stream of this.#streams.values()) stream.download.grant(bytes - this.#callerWindowBytes)
    this.#callerWindowBytes = bytes
  }

  setAppWindow (bytes: number): void {
    this.#appWindowBytes = bytes
    for (const stream of this.#streams.values()) stream.grantUpload()
  }

  /**
   * The app goes and answers nothing above an id. Diverted streams go on, so the caller is told of the highest of
   * them, and those between that the app will not answer are refused one by one.
   *
   * @returns the id to tell.
   */
  onAppGoaway (last: number): number {
    const highest = this.highestOpen
    if (highest <= last) return last
    const between = this.appIds.above(last)
    if (between === undefined) return last
    for (const id of between) if (id < highest) this.refuse(id)
    return highest
  }

  follow (routes: PortRoutes): void {
    this.peers.follow(routes)
  }

  #add (streamId: number, peer: StreamPeer, facts: RequestFacts): DivertedStream {
    const stream = new DivertedStream(streamId, peer, this, facts)
    this.#streams.set(streamId, stream)
    return stream
  }
}

function factsOf (route: Route, request: Http2Request): RequestFacts {
  return {
    method: request.method,
    path: request.target.split('?', 1)[0] ?? '',
    contentType: request.values('content-type')[0] ?? '',
    requestId: requestIdOf(request),
    varyBy: varyBy(route.match, request)
  }
}

/** Where there is no way to the developer. */
function nobody (route: Route): StreamPeer {
  const ignore = (): void => {}
  return {
    route,
    roomBytes: 0,
    sendData: ignore,
    send: ignore,
    addSender: ignore,
    removeSender: ignore,
    grant: ignore,
    resetStream: ignore,
    forget: ignore
  }
}
