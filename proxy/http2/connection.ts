import { PROTOCOL_ERROR } from '../../http2/frame.ts'
import { STOP, type Verdict } from '../../http2/frame-reader.ts'
import { goaway } from '../../http2/write-frames.ts'
import { NOBODY, type Wire } from '../wire.ts'
import { findHttp1Check } from '../check/find-http1-check.ts'
import { DivertedStreams } from './diverted-streams.ts'
import type { Http2Deps } from './http2-deps.ts'
import { RequestWay } from './request-way.ts'
import { ResponseWay } from './response-way.ts'

/** What may be kept for a caller or an app that reads slowly before the other side is stopped. */
const MAX_KEPT_BYTES = 1024 * 1024

/**
 * One caller's connection that speaks HTTP/2 with prior knowledge. Its frames pass as they came; streams that an
 * intercept wants go to the developer, whenever the intercept began.
 *
 * How it takes a connection over, at any time before a byte of the app's first SETTINGS was passed:
 *
 *   if (looksLikePreface(bytes, from, to) === 'yes')               // 'partly': wait; 'no': not ours
 *   const http2 = new Http2Connection({ caller, app }, deps)       // listens to both wires from here on
 *   http2.feedApp(bytes, from, to)                                 // what the app has sent and was not passed
 *   http2.feedCaller(bytes, from, to)                              // all from the first byte of the preface on
 *
 * An app may send its SETTINGS before the preface has come (`looksLikeFirstSettings`); they must be kept for `feedApp`,
 * because that frame is changed. The fed bytes may be used again when the call returns.
 */
export class Http2Connection {
  readonly #caller: Wire
  readonly #app: Wire
  readonly #deps: Http2Deps
  readonly #response: ResponseWay
  readonly #request: RequestWay
  readonly #streams: DivertedStreams
  #opaque = false
  #over = false
  #callerSpoke = false
  #callerEnded = false
  #appEnded = false
  /** The app said which streams it will answer, so that its end cuts none of them. */
  #appSaidGoaway = false
  #peersPaused = false
  #callerToldEnd = false

  constructor (sides: { readonly caller: Wire, readonly app: Wire }, deps: Http2Deps) {
    this.#caller = sides.caller
    this.#app = sides.app
    this.#deps = deps
    this.#response = new ResponseWay(sides.caller, {
      onCallerWindow: bytes => this.#streams.setCallerWindow(bytes),
      onAppWindow: bytes => this.#streams.setAppWindow(bytes),
      onGoaway: last => this.#onAppGoaway(last),
      onViolation: reason => this.#onViolation(reason, this.#request)
    })
    this.#streams = new DivertedStreams(this.#response, deps, () => this.#endIfDone())
    this.#request = new RequestWay(sides.app, {
      http2: deps,
      streams: this.#streams,
      response: this.#response,
      onViolation: reason => this.#onViolation(reason, this.#response),
      appTakesStreams: () => !this.#appEnded
    })
    this.#listen()
  }

  feedCaller (bytes: Buffer, from: number, to: number): void {
    if (this.#over) return
    // The app spoke first and made this HTTP/2, but who checks the way always speaks HTTP/1.1.
    const check = this.#callerSpoke ? undefined : findHttp1Check(bytes, from, to, this.#deps)
    this.#callerSpoke = true
    if (check !== undefined) return this.#answerCheck(check)
    this.#request.push(bytes, from, to)
    this.#afterBytes()
  }

  feedApp (bytes: Buffer, from: number, to: number): void {
    if (this.#over) return
    this.#response.push(bytes, from, to)
    this.#afterBytes()
  }

  #answerCheck (answer: Buffer): void {
    this.#end()
    this.#caller.write(answer)
    this.#caller.close()
    this.#app.close()
  }

  #listen (): void {
    this.#caller.listen({
      onBytes: (bytes, from, to) => this.feedCaller(bytes, from, to),
      onEnd: () => this.#onCallerEnd(),
      onDrain: () => this.#afterBytes(),
      onGone: failed => this.#onCallerGone(failed)
    })
    this.#app.listen({
      onBytes: (bytes, from, to) => this.feedApp(bytes, from, to),
      onEnd: () => this.#onAppEnd(),
      onDrain: () => this.#updateFlow(),
      onGone: failed => this.#onAppGone(failed)
    })
  }

  // A frame of one side may make room for another.
  #afterBytes (): void {
    if (this.#over) return
    if (this.#streams.isUsed) {
      this.#response.pump()
      this.#streams.peers.pump()
    }
    this.#updateFlow()
  }

  /**
   * Who does not read stops those who send to them: the caller everybody, the app the caller. A developer stops
   * nobody: what they do not take is kept, within the windows that the caller was given for these streams.
   */
  #updateFlow (): void {
    if (this.#over) return
    const callerIsFull = this.#caller.needsDrain
    const keptTooMuch = this.#response.keptBytes > MAX_KEPT_BYTES
    if (this.#streams.isUsed && this.#peersPaused !== callerIsFull) {
      this.#peersPaused = callerIsFull
      this.#streams.peers.setPaused(callerIsFull)
    }
    this.#app.setPaused(callerIsFull || this.#response.heldBytes > MAX_KEPT_BYTES)
    // Also a caller that makes us answer, and does not read the answers.
    this.#caller.setPaused(this.#app.needsDrain || keptTooMuch)
  }

  #onCallerEnd (): void {
    this.#callerEnded = true
    this.#request.stop()
    this.#app.end()
    this.#endIfDone()
  }

  #onAppEnd (): void {
    this.#appEnded = true
    // Without a GOAWAY it has left streams of its own unanswered, and the caller must hear of that now.
    if (!this.#appSaidGoaway || this.#streams.isEmpty) this.#endCaller()
  }

  /** Nothing more for the caller will come. */
  #endCaller (): void {
    this.#response.stop()
    this.#streams.peers.abortAll()
    if (this.#callerToldEnd) return
    this.#callerToldEnd = true
    this.#caller.end()
  }

  #endIfDone (): void {
    if (this.#over || !this.#streams.isEmpty) return
    if (this.#callerEnded) this.#streams.peers.leaveAll()
    if (this.#appEnded) this.#endCaller()
  }

  #onCallerGone (failed: boolean): void {
    this.#end()
    if (failed) this.#app.reset()
    else this.#app.close()
  }

  #onAppGone (failed: boolean): void {
    this.#appEnded = true
    // It has gone in order, and a developer still answers.
    if (!failed && this.#appSaidGoaway && !this.#streams.isEmpty) return
    this.#end()
    if (failed) this.#caller.reset()
    else this.#caller.close()
  }

  #end (): void {
    this.#over = true
    this.#request.close()
    this.#response.close()
    this.#caller.listen(NOBODY)
    this.#app.listen(NOBODY)
    this.#streams.peers.abortAll()
  }

  #onAppGoaway (last: number): number {
    this.#appSaidGoaway = true
    return this.#streams.onAppGoaway(last)
  }

  /**
   * Bytes that are not what we must understand. As long as nothing of a developer's is among them, the two sides see
   * exactly what the other sent, and may judge it themselves; else nobody could tell what is whose, and it is over.
   *
   * @param other the other direction, which goes on without being looked at as well.
   */
  #onViolation (reason: string, other: { readonly stop: () => void }): Verdict {
    if (this.#over || this.#opaque) return STOP
    if (!this.#streams.isEmpty || !this.#response.isInOrder) {
      this.#response.send(goaway(this.#streams.highestOpen, PROTOCOL_ERROR))
      this.#end()
      this.#caller.close()
      this.#app.close()
      return STOP
    }
    this.#opaque = true
    this.#deps.onOpaque(reason)
    other.stop()
    this.#streams.peers.abortAll()
    return STOP
  }
}
