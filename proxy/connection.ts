import type { Duplex } from 'node:stream'
import { readRequestHead, type RequestHead } from '../http1/request-head.ts'
import { AppSide } from './app-side.ts'
import { AppTurns } from './app-turns.ts'
import { CallerInput, type HeadStep, type InputStep } from './caller-input.ts'
import type { ConnectionDeps } from './connection-deps.ts'
import { DeveloperSide } from './developer-side.ts'
import type { Route } from './route.ts'
import { StreamWire } from './stream-wire.ts'
import { hearServerFirst, takeOverWhenAccepted } from './take-over.ts'
import { spliceWires } from './wire-splice.ts'
import type { Wire, WireListener } from './wire.ts'

/** Past this many bytes of a request whose answer is already complete, the connection ends instead. */
const MAX_DRAINED_BYTES = 1024 * 1024

/**
 * One caller's connection: frames it into turns and sends each to the app or to a developer. As soon as the bytes are
 * not exactly HTTP/1.x the connection is opaque: copied to the app for the rest of its life.
 */
export class CallerConnection implements WireListener {
  readonly #caller: Wire
  readonly #deps: ConnectionDeps
  readonly #input = new CallerInput()
  readonly #app: AppSide
  readonly #turns: AppTurns
  readonly #developers: DeveloperSide
  /** Who gets the body that is being read; undefined between requests. */
  #bodyTo: 'app' | 'developer' | 'nobody' | undefined
  #drainedBytes = 0
  #firstTurnSeen = false
  /** Waits for a developer's side to accept, then copies. */
  #becomingOpaque = false
  #callerEnded = false
  #over = false

  constructor (caller: Wire, deps: ConnectionDeps) {
    this.#caller = caller
    this.#deps = deps
    this.#app = new AppSide({
      dial: deps.dialApp,
      onBytes: (bytes, from, to) => this.#onAppBytes(bytes, from, to),
      onEnd: () => this.#onAppEnd(),
      onError: () => this.#onAppError(),
      onDrain: () => this.#updateFlow()
    })
    this.#developers = new DeveloperSide(deps, {
      toCaller: bytes => this.#toCaller(bytes),
      onDrain: () => this.#updateFlow(),
      onEnd: closes => this.#onDivertedEnd(closes),
      onUpgrade: (stream, rest) => {
        this.#app.leave()
        this.#spliceToDeveloper(stream, rest)
      },
      onBroken: () => this.#destroy()
    })
    this.#turns = new AppTurns({ onTurnEnd: () => this.#pump(), onOpaque: reason => this.#goOpaque(reason) })
    caller.listen(this)
    // At once, not with the first request: a protocol whose server speaks first would wait for ever.
    const { global } = deps.routes()
    if (global === undefined || !this.#listenForServerFirst(global)) this.#app.open()
  }

  onBytes (bytes: Buffer, from: number, to: number): void {
    this.#input.push(bytes, from, to)
    this.#pump()
    this.#input.settle()
  }

  onEnd (): void {
    this.#callerEnded = true
    this.#pump()
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

  #pump (): void {
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
    this.#updateFlow()
  }

  /** Whether the next request must wait for an answer. The body of the one that is being read never must. */
  #mustWait (): boolean {
    if (this.#bodyTo !== undefined) return false
    if (this.#developers.busy) return true
    return this.#turns.holdsNext && this.#deps.routes().list.length > 0
  }

  #take (step: InputStep): void {
    switch (step.kind) {
      case 'more': return this.#sendEarly()
      case 'greeting': return this.#app.greet(Buffer.from(step.bytes.subarray(step.from, step.to)), this.#input.takeSent())
      case 'head': return this.#takeHead(step)
      case 'body': return this.#takeBody(step.bytes, step.from, step.to, step.done)
      case 'opaque':
        // In the middle of a body that is not the app's there is nobody to pass it to.
        if (this.#bodyTo === 'developer') this.#destroy()
        else if (this.#bodyTo === 'nobody') this.#closeCaller()
        else this.#goOpaque(step.reason)
    }
  }

  // Where nobody intercepts nothing is held: the piece of a head goes on as it came.
  #sendEarly (): void {
    if (!this.#input.headStarted && this.#deps.routes().list.length > 0) return
    const early = this.#input.takeEarly()
    this.#app.write(early, 0, early.length)
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
    const head = readRequestHead(bytes, 0, bytes.length)
    if (typeof head === 'string') throw new Error(`a head that was read is ${head} now`)
    const route = this.#route(head)
    if (route !== undefined && !this.#turns.empty) return false
    this.#input.waitNoLonger()
    this.#startTurn(route, head, bytes, 0, bytes.length)
    return true
  }

  #route (head: RequestHead): Route | undefined {
    const route = this.#deps.routes().choose(head)
    return route !== undefined && this.#developers.mayTake(route) ? route : undefined
  }

  #startTurn (route: Route | undefined, head: RequestHead, bytes: Buffer, from: number, to: number): void {
    if (!this.#firstTurnSeen) this.#developers.silence()
    if (head.framing.kind !== 'none') this.#bodyTo = route === undefined ? 'app' : 'developer'
    this.#deps.onTurn(route === undefined ? 'app' : 'developer')
    if (route === undefined) {
      this.#turns.open(head)
      this.#app.write(bytes, from + this.#input.takeSent(), to)
    } else {
      // A worker of the app that waits for a first request must not wait while a developer sits at a breakpoint.
      if (!this.#firstTurnSeen) this.#app.leave()
      this.#developers.divert(route, head, Buffer.from(bytes.subarray(from, to)))
    }
    this.#firstTurnSeen = true
  }

  #takeBody (bytes: Buffer, from: number, to: number, done: boolean): void {
    if (this.#bodyTo === 'developer') this.#developers.write(Buffer.from(bytes.subarray(from, to)))
    else if (this.#bodyTo === 'nobody') this.#drainedBytes += to - from
    else {
      this.#turns.startBody()
      this.#app.write(bytes, from, to)
    }
    if (done) {
      this.#bodyTo = undefined
      this.#drainedBytes = 0
    } else if (this.#drainedBytes > MAX_DRAINED_BYTES) this.#closeCaller()
  }

  #onCallerEnd (): void {
    if (this.#input.hasUnread || this.#input.waiting !== undefined) return
    if (this.#developers.busy) this.#developers.endRequests()
    else if (this.#app.connected && !this.#input.hasUnsent) this.#app.end()
    else if (this.#firstTurnSeen && !this.#input.hasUnsent) this.#closeCaller()
    else this.#goOpaque(undefined)
  }

  #onAppBytes (bytes: Buffer, from: number, to: number): void {
    // Unasked while a developer answers (Node's own server sends a 408 after a minute of silence): nobody's answer.
    if (this.#turns.empty && this.#isDiverting) return this.#leaveApp()
    if (!this.#caller.writeCopy(bytes, from, to)) this.#holdAnswers()
    if (this.#firstTurnSeen || !this.#turns.empty) this.#turns.read(bytes, from, to)
    else this.#goOpaque('server-first')
  }

  #onAppEnd (): void {
    const wantsMore = this.#isDiverting || this.#input.hasUnsent
    if (wantsMore && this.#turns.empty) this.#leaveApp()
    else this.#goOpaque(undefined)
  }

  #onAppError (): void {
    if (!this.#isDiverting || !this.#turns.empty) this.#destroy()
    else this.#updateFlow()
  }

  // Also while the rest of a request is dropped whose answer is complete: it must never reach the app.
  get #isDiverting (): boolean {
    return this.#developers.busy || this.#bodyTo === 'nobody'
  }

  #leaveApp (): void {
    this.#app.leave()
    // The caller may have been waiting for this app to read.
    this.#updateFlow()
  }

  #onDivertedEnd (closes: boolean): void {
    this.#developers.endTurn(this.#bodyTo === 'developer')
    if (closes) return this.#closeCaller()
    if (this.#bodyTo === 'developer') this.#bodyTo = 'nobody'
    this.#pump()
  }

  // Under a global intercept the developer's program is the server, so it may also speak first.
  #listenForServerFirst (route: Route): boolean {
    return hearServerFirst(() => this.#developers.link(route), {
      onData: bytes => {
        this.#toCaller(bytes)
        this.#goOpaque('server-first')
      },
      onEnd: () => this.#closeCaller(),
      onGone: () => this.#app.open()
    })
  }

  #toCaller (bytes: Buffer): void {
    if (!this.#caller.write(bytes)) this.#holdAnswers()
  }

  #holdAnswers (): void {
    this.#app.pause()
    this.#developers.pause()
  }

  #updateFlow (): void {
    const mustWait = this.#input.hasUnread || this.#app.needsDrain || this.#developers.needsDrain
    if (!this.#over) this.#caller.setPaused(mustWait)
  }

  /** From here on bytes are copied both ways and never looked at again. No reason: nothing odd. */
  #goOpaque (reason: string | undefined): void {
    if (this.#over) return
    if (reason !== undefined) this.#deps.onOpaque(reason)
    const global = this.#app.connected || this.#firstTurnSeen ? undefined : this.#deps.routes().global
    if (global !== undefined) {
      const takeOver = (stream: Duplex, rest: Buffer): void => this.#spliceToDeveloper(stream, rest)
      this.#becomingOpaque =
        takeOverWhenAccepted(() => this.#developers.link(global), takeOver, () => this.#destroy())
    }
    // Without a session the app is as good as without the intercept.
    if (this.#becomingOpaque) return
    this.#developers.abort()
    this.#spliceTo(this.#app.release())
  }

  /** @param rest what the program has already sent. */
  #spliceToDeveloper (stream: Duplex, rest: Buffer): void {
    this.#toCaller(rest)
    this.#developers.abort(stream)
    this.#spliceTo(new StreamWire(stream))
  }

  #spliceTo (peer: Wire): void {
    this.#over = true
    const unsent = this.#input.takeAll()
    if (unsent.length > 0) peer.write(unsent)
    spliceWires(this.#caller, peer)
  }

  #closeCaller (): void {
    this.#over = true
    this.#app.leave()
    this.#developers.abort()
    this.#caller.close()
  }

  #destroy (): void {
    if (this.#over) return
    this.#caller.reset()
    this.onGone()
  }
}
