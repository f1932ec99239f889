import { ROUTING_HEADER } from '../../common/contract.ts'
import { END_STREAM } from '../../http2/frame.ts'
import { DROP, PASS, type Verdict } from '../../http2/frame-reader.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HpackDecoder } from '../../http2/hpack-decoder.ts'
import { beginsWithResize, encodeHeaders, prependTableOff } from '../../http2/hpack-encoder.ts'
import { Http2Request } from '../../http2/request.ts'
import { headersFrames } from '../../http2/write-frames.ts'
import { carriesName, writtenName } from '../../http2/written-name.ts'
import { isPassedBy, type Route } from '../route.ts'
import type { DivertedStreams } from './diverted-streams.ts'
import { addMember } from './baggage-field.ts'
import { withAuthority } from './host-header.ts'
import type { Http2Deps } from './http2-deps.ts'

const ROUTING_NAME = writtenName(ROUTING_HEADER)

export type RequestBlocksDeps = {
  readonly http2: Http2Deps
  readonly streams: DivertedStreams
  /** Sends to the app, behind what passed before. */
  readonly toApp: (bytes: Buffer) => void
  /** `earlier`: frames that were kept and not passed, and lie before the present one. */
  readonly violate: (reason: string, earlier: readonly Buffer[]) => Verdict
  readonly appTakesStreams: () => boolean
  readonly appMaxListBytes: () => number
}

/**
 * The caller's header blocks: which stream goes where.
 *
 * The app's SETTINGS told the caller to keep no table, so a block says all that it means and passes as it came, or goes
 * to a developer as it came. Until the caller has read that, blocks build on each other; those are written again. The
 * first one for the app says "no table" for good (RFC 7541, 6.3), so that the app's decoder waits for nothing that lies
 * in a block which a developer gets. A block is written again also where the routing header goes into its baggage.
 */
export class RequestBlocks {
  readonly #deps: RequestBlocksDeps
  readonly #block = new HeaderBlock()
  readonly #decoder = new HpackDecoder()
  readonly #fields = new HeaderList()
  readonly #request = new Http2Request(this.#fields)
  #appHasNoTable = false
  #highest = 0

  constructor (deps: RequestBlocksDeps) {
    this.#deps = deps
  }

  /** Whether a block has begun and its next frame must be CONTINUATION. */
  get isOpen (): boolean {
    return this.#block.isOpen
  }

  /** What of a block has come and was not passed. */
  get earlier (): readonly Buffer[] {
    return this.#block.isOpen ? this.#block.frames : []
  }

  /** A whole HEADERS or CONTINUATION frame. */
  onFrame (bytes: Buffer, at: number, end: number): Verdict {
    const earlier = this.earlier.length
    const step = this.#block.push(bytes, at, end)
    if (step === 'more') return DROP
    if (step === 'complete') return this.#onBlock(earlier)
    return this.#deps.violate(step === 'too-long' ? 'head-too-long' : 'http2-malformed', this.#framesBefore(earlier))
  }

  #framesBefore (count: number): readonly Buffer[] {
    return this.#block.frames.slice(0, count)
  }

  #onBlock (earlier: number): Verdict {
    const { streams, http2, appMaxListBytes } = this.#deps
    const { streamId, bytes, from, to } = this.#block
    const isNew = streamId > this.#highest
    if (isNew) this.#highest = streamId
    const routes = http2.routes()
    const isDiverted = streams.isUsed && (streams.get(streamId) !== undefined || streams.isClosed(streamId))
    const mayPassUnread = !isDiverted && this.#decoder.tableIsOff && !beginsWithResize(bytes, from, to)
    if (mayPassUnread && !(isNew && (routes.list.length > 0 || this.#mayLackMember(bytes, from, to)))) {
      if (!isNew || this.#deps.appTakesStreams()) return this.#pass(isNew, true)
    }
    const decoded = this.#decoder.decode(bytes, from, to, this.#fields)
    if (decoded === 'malformed') return this.#deps.violate('http2-malformed', this.#framesBefore(earlier))
    if (isDiverted) return this.#toDeveloper()
    if (isNew && streams.isUsed) streams.follow(routes)
    const isRequest = isNew && decoded === 'ok' && this.#request.read()
    const route = isRequest ? routes.choose(this.#request) : undefined
    const isAsItCame = !(isRequest && http2.propagates && addMember(this.#request, this.#fields, appMaxListBytes()))
    if (route !== undefined && !isPassedBy(route) && (streams.peers.has(route) || http2.mayDivert(route))) {
      return this.#divert(route, isAsItCame)
    }
    if (decoded === 'too-long' && !this.#decoder.wasSelfContained) {
      return this.#deps.violate('head-too-long', this.#framesBefore(earlier))
    }
    if (isNew && !this.#deps.appTakesStreams()) {
      streams.refuse(streamId)
      return DROP
    }
    return this.#pass(isNew, this.#decoder.wasSelfContained && isAsItCame)
  }

  // Most requests have no routing header, and are passed without being read.
  #mayLackMember (bytes: Buffer, from: number, to: number): boolean {
    return this.#deps.http2.propagates && carriesName(bytes, from, to, ROUTING_NAME)
  }

  #pass (isNew: boolean, asItCame: boolean): Verdict {
    const { streamId, bytes, from, to, frames } = this.#block
    if (isNew) {
      this.#deps.streams.appIds.add(streamId)
      this.#deps.http2.onTurn('app')
    }
    const saysNoTable = beginsWithResize(bytes, from, to)
    if (!asItCame) {
      this.#write(encodeHeaders(this.#fields, this.#appHasNoTable && !saysNoTable ? undefined : 0))
    } else if (!this.#appHasNoTable && !saysNoTable) this.#write(prependTableOff(bytes, from, to))
    else if (frames.length === 0) {
      this.#appHasNoTable = true
      return PASS
    } else for (const frame of frames) this.#deps.toApp(frame)
    this.#appHasNoTable = true
    return DROP
  }

  #write (block: Buffer): void {
    const { streamId, priority } = this.#block
    this.#deps.toApp(headersFrames(streamId, block, 0, block.length, this.#ends, priority))
  }

  get #ends (): boolean {
    return (this.#block.flags & END_STREAM) !== 0
  }

  #divert (route: Route, isAsItCame: boolean): Verdict {
    const { streamId, bytes, from, to } = this.#block
    const { streams, http2 } = this.#deps
    http2.onTurn('developer')
    if (this.#decoder.wasSelfContained && isAsItCame && route.hostHeader === undefined) {
      streams.divert(streamId, route, this.#request, bytes, from, to, this.#ends)
    } else {
      const fields = route.hostHeader === undefined ? this.#fields : withAuthority(this.#fields, route.hostHeader)
      const block = Buffer.from(encodeHeaders(fields, undefined))
      streams.divert(streamId, route, this.#request, block, 0, block.length, this.#ends)
    }
    return DROP
  }

  // Trailers of a stream that a developer answers.
  #toDeveloper (): Verdict {
    const stream = this.#deps.streams.get(this.#block.streamId)
    if (stream === undefined) return DROP
    const block = encodeHeaders(this.#fields, undefined)
    const frames = headersFrames(stream.id, block, 0, block.length, this.#ends)
    if (this.#ends) stream.upload.end(() => frames)
    return DROP
  }
}
