import type { Duplex } from 'node:stream'
import { rereadHead, type RequestHead } from '../http1/request-head.ts'
import { looksLikeFirstSettings } from '../http2/preface.ts'
import { AppSide, type AppSideOwner } from './app-side.ts'
import { AppTurns, type AppTurnsOwner } from './app-turns.ts'
import { CallerInput, type BodyStep, type HeadStep, type InputStep } from './caller-input.ts'
import type { ConnectionDeps } from './connection-deps.ts'
import { DeveloperSide, type DeveloperSideOwner } from './developer-side.ts'
import { copyHead, mayChangeHead } from './head-writer.ts'
import { handOver, handOverHttp2, mayBecomeHttp2, nameProtocol } from './hand-over.ts'
import type { Route } from './route.ts'
import { StreamWire } from './stream-wire.ts'
import { RequestBody } from './request-body.ts'
import { hearServerFirst, takeOverWhenAccepted } from './take-over.ts'
import type { Wire, WireListener } from './wire.ts'

/**
 * One caller's connection: frames it into turns and sends each to the app or to a developer. As soon as the bytes are
 * not exactly HTTP/1.x the connection is opaque: copied to the app for the rest of its life.
 */
export class CallerConnection implements WireListener, AppSideOwner, AppTurnsOwner, DeveloperSideOwner {
  readonly #caller: Wire
  readonly #deps: ConnectionDeps
  readonly #input = new CallerInput()
  readonly #app: AppSide
  readonly #turns: AppTurns
  readonly #developers: DeveloperSide
  readonly #body = new RequestBody()
  #firstTurnSeen = false
  /** Waits for a developer's side to accept, then copies. */
  #becomingOpaque = false
  #callerEnded = false
  #over = false

  constructor (caller: Wire, deps: ConnectionDeps) {
    this.#caller = caller
    this.#deps = deps
    this.#app = new AppSide(deps.dialApp, this)
    this.#developers = new DeveloperSide(deps, this)
    this.#turns = new AppTurns(this)
    caller.listen(this)
    // At once, not with the first request: a protocol whose server speaks first would wait for ever.
    const { global } = deps.routes()
    if (global === undefined || !this.#listenForServerFirst(global)) this.#app.open()
  }

  onBytes (bytes: Buffer, from: number, to: number): void {
    this.#input.push(bytes, from, to)
    this.pump()
    this.#input.settle()
  }

  onEnd (): void {
    this.#callerEnded = true
    this.pump()
  }

  onDrain (): void {
    // Both: the turn whose bytes were too many may be over, and the next one somebody else's.
    this.#app.resume()
    this.#developers.resume()
  }

  onGone (): void {
    if (this.#over) return
    this.#over = true
    this.#developers.reset()
    this.#app.reset()
  }

  onUpgrade (stream: Duplex, rest: Buffer): void {
    this.#app.leave()
    this.#spliceToDeveloper(stream, rest)
  }

  pump (): void {
    while (!this.#over && !this.#becomingOpaque && !this.#mustWait()) {
      if (this.#input.waiting !== undefined) {
        if (!this.#startWaiting(this.#input.waiting)) break
      } else {
        const step = this.#input.next()
        if (step === undefined) break
        this.#take(step)
      }
    }
    if (this.#over) return
    if (this.#callerEnded && !this.#becomingOpaque) this.#onCallerEnd()
    this.updateFlow()
  }

  /** Whether the next request must wait for an answer. The body of the one that is being read never must. */
  #mustWait (): boolean {
    if (this.#body.to !== undefined) return false
    if (this.#developers.busy) return true
    return this.#turns.isFull || (this.#turns.holdsNext && this.#deps.routes().list.length > 0)
  }

  #take (step: InputStep): void {
    switch (step.kind) {
      case 'more': return this.#sendEarly()
      case 'greeting': return this.#app.greet(Buffer.from(step.bytes.subarray(step.from, step.to)), this.#input.takeSent())
      case 'head': return this.#takeHead(step)
      case 'body': return this.#takeBody(step)
      case 'opaque':
        // In the middle of a body that is not the app's there is nobody to pass it to.
        if (this.#body.to === 'developer') this.destroy()
        else if (this.#body.to === 'nobody') this.#closeCaller()
        else if (step.reason === 'not-http' && !this.#firstTurnSeen) this.#leaveHttp1()
        else this.goOpaque(step.reason)
    }
  }

  // Where nobody intercepts nothing is held but what may have to be changed: the piece of a head goes on as it came.
  #sendEarly (): void {
    if (this.#deps.forwardedFor || (!this.#input.headStarted && this.#deps.routes().list.length > 0)) return
    if (!this.#firstTurnSeen && !this.#input.headStarted && mayBecomeHttp2(this.#input.peek())) return
    this.#app.writeAll(this.#input.takeEarly(this.#deps.propagates))
  }

  #takeHead ({ head, bytes, from, to }: HeadStep): void {
    // A head whose first bytes went to the app belongs to the app.
    const route = this.#input.headStarted ? undefined : this.#route(head)
    if (route !== undefined && !this.#turns.empty) {
      this.#input.wait(bytes, from, to)
      return
    }
    this.#startTurn(route, head, bytes, from, to)
  }

  // Returns false when it has to wait longer.
  #startWaiting (bytes: Buffer): boolean {
    const head = rereadHead(bytes)
    const route = this.#route(head)
    if (route !== undefined && !this.#turns.empty) return false
    this.#input.waitNoLonger()
    this.#startTurn(route, head, bytes, 0, bytes.length)
    return true
  }

  #route (head: RequestHead): Route | undefined {
    const route = this.#deps.findCheck(head) ?? this.#deps.routes().choose(head)
    return route !== undefined && this.#developers.mayTake(route) ? route : undefined
  }

  #startTurn (route: Route | undefined, head: RequestHead, bytes: Buffer, from: number, to: number): void {
    if (!this.#firstTurnSeen) this.#developers.silence()
    if (head.framing.kind !== 'none') this.#body.to = route === undefined ? 'app' : 'developer'
    if (route?.ownAnswer === undefined) this.#deps.onTurn(route === undefined ? 'app' : 'developer')
    if (route !== undefined) {
      // A worker of the app that waits for a first request must not wait while a developer sits at a breakpoint.
      if (!this.#firstTurnSeen) this.#app.leave()
      this.#developers.divert(route, head, copyHead(head, bytes, from, to, this.#deps, route.hostHeader))
    } else {
      this.#turns.open(head)
      const sent = this.#input.takeSent()
      if (!mayChangeHead(head, this.#deps)) this.#app.write(bytes, from + sent, to)
      else this.#app.writeAll(copyHead(head, bytes, from, to, this.#deps).subarray(sent))
    }
    this.#firstTurnSeen = true
  }

  #takeBody ({ bytes, from, to, done }: BodyStep): void {
    switch (this.#body.to) {
      case 'developer':
        this.#developers.write(Buffer.from(bytes.subarray(from, to)))
        break
      case 'nobody':
        if (!this.#body.mayDrop(to - from) && !done) return this.#closeCaller()
        break
      case 'app':
      case undefined:
        this.#turns.startBody()
        this.#app.write(bytes, from, to)
    }
    if (done) this.#body.end()
  }

  #onCallerEnd (): void {
    if (this.#input.hasUnread || this.#input.waiting !== undefined) return
    if (this.#developers.busy) this.#developers.endRequests()
    else if (this.#app.connected && !this.#input.hasUnsent && this.#body.to !== 'nobody') this.#app.end()
    else if (this.#firstTurnSeen && !this.#input.hasUnsent) this.#closeCaller()
    else this.goOpaque(undefined)
  }

  onAppBytes (bytes: Buffer, from: number, to: number): void {
    // Unasked while a developer answers (Node's own server sends a 408 after a minute of silence): nobody's answer.
    if (this.#turns.empty && this.#isDiverting) return this.#leaveApp()
    if (!this.#firstTurnSeen && !this.#input.headStarted && looksLikeFirstSettings(bytes, from, to) === 'yes') {
      return this.#goHttp2({ bytes, from, to })
    }
    if (!this.#caller.writeCopy(bytes, from, to)) this.#holdAnswers()
    if (this.#firstTurnSeen || !this.#turns.empty) this.#turns.read(bytes, from, to)
    else this.goOpaque('server-first')
  }

  onAppEnd (): void {
    const wantsMore = this.#isDiverting || this.#input.hasUntouched
    if (wantsMore && this.#turns.empty) this.#leaveApp()
    else this.goOpaque(undefined)
  }

  onAppError (): void {
    if (!this.#isDiverting || !this.#turns.empty) this.destroy()
    else this.updateFlow()
  }

  // Also while the rest of a request is dropped whose answer is complete: it must never reach the app.
  get #isDiverting (): boolean {
    return this.#developers.busy || this.#body.to === 'nobody'
  }

  #leaveApp (): void {
    this.#app.leave()
    // The caller may have been waiting for this app to read.
    this.updateFlow()
  }

  onDivertedEnd (closes: boolean): void {
    this.#developers.endTurn(this.#body.to === 'developer')
    if (closes) return this.#closeCaller()
    if (this.#body.to === 'developer') this.#body.drop()
    this.pump()
  }

  // Under a global intercept the developer's program is the server, so it may also speak first.
  #listenForServerFirst (route: Route): boolean {
    return hearServerFirst(() => this.#developers.link(route), {
      onData: bytes => {
        this.toCaller(bytes)
        this.goOpaque('server-first')
      },
      onEnd: () => this.#closeCaller(),
      onGone: () => this.#app.open()
    })
  }

  toCaller (bytes: Buffer): void {
    if (!this.#caller.write(bytes)) this.#holdAnswers()
  }

  #holdAnswers (): void {
    this.#app.pause()
    this.#developers.pause()
  }

  updateFlow (): void {
    const mustWait = this.#input.hasUnread || this.#app.needsDrain || this.#developers.needsDrain
    if (!this.#over) this.#caller.setPaused(mustWait)
  }

  #leaveHttp1 (): void {
    const first = this.#input.peek()
    if (mayBecomeHttp2(first) && this.#app.connected && !this.#input.headStarted) this.#goHttp2()
    else this.goOpaque(nameProtocol(first))
  }

  #goHttp2 (sent?: { bytes: Buffer, from: number, to: number }): void {
    this.#over = true
    handOverHttp2(this.#caller, this.#input, this.#app.release(), this.#deps, sent)
  }

  /** From here on bytes are copied both ways and never looked at again. No reason: nothing odd. */
  goOpaque (reason: string | undefined): void {
    if (this.#over) return
    if (reason !== undefined) this.#deps.onOpaque(reason)
    const global = this.#app.connected || this.#firstTurnSeen ? undefined : this.#deps.routes().global
    if (global !== undefined) {
      const takeOver = (stream: Duplex, rest: Buffer): void => this.#spliceToDeveloper(stream, rest)
      this.#becomingOpaque =
        takeOverWhenAccepted(() => this.#developers.link(global), takeOver, () => this.destroy())
    }
    // Without a session the app is as good as without the intercept.
    if (this.#becomingOpaque) return
    this.#developers.abort()
    this.#over = true
    handOver(this.#caller, this.#input, this.#app.release())
  }

  /** @param rest what the program has already sent. */
  #spliceToDeveloper (stream: Duplex, rest: Buffer): void {
    this.toCaller(rest)
    this.#developers.abort(stream)
    this.#over = true
    handOver(this.#caller, this.#input, new StreamWire(stream))
  }

  #closeCaller (): void {
    this.#over = true
    this.#app.leave()
    this.#developers.abort()
    this.#caller.close()
  }

  destroy (): void {
    if (this.#over) return
    this.#caller.reset()
    this.onGone()
  }
}
