import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionDeps } from './connection-deps.ts'
import { AppSide } from './app-side.ts'
import { AppTurns } from './app-turns.ts'
import { CallerInput, type HeadStep } from './caller-input.ts'
import { CallerSide } from './caller-side.ts'
import { DeveloperLinks } from './developer-links.ts'
import { DivertedTurn, type TurnOwner } from './diverted-turn.ts'
import { writeOwnAnswer, type AnswerCode } from './own-answer.ts'
import type { Route } from './route.ts'
import { splice } from '../tunnel/splice.ts'
import { hearServerFirst, takeOverWhenAccepted } from './take-over.ts'
import { viewOfHead } from './view-of-head.ts'

/** Past this many bytes of a request whose answer is already complete, the connection ends instead. */
const MAX_DRAINED_BYTES = 1024 * 1024

/**
 * One caller's connection: frames it into turns and sends each to the app or to a developer. As soon as the bytes are
 * not exactly HTTP/1.x the connection is opaque: copied to the app for the rest of its life.
 */
export class CallerConnection {
  readonly #caller: CallerSide
  readonly #deps: ConnectionDeps
  readonly #input = new CallerInput()
  readonly #app: AppSide
  readonly #turns: AppTurns
  readonly #links: DeveloperLinks
  #diverted: DivertedTurn | undefined
  /** A head that was read and waits for the turns before it. */
  #waiting: HeadStep | undefined
  /** Who gets the body that is being read; undefined between requests. */
  #bodyTo: 'app' | 'developer' | 'nobody' | undefined
  #drainedBytes = 0
  #firstTurnSeen = false
  /** Waits for a developer's side to accept, then copies. */
  #becomingOpaque = false
  #callerEnded = false
  #over = false

  constructor (caller: Socket, deps: ConnectionDeps) {
    this.#deps = deps
    this.#app = new AppSide({
      dial: deps.dialApp,
      onData: bytes => this.#onAppData(bytes),
      onEnd: () => this.#onAppEnd(),
      onError: () => this.#onAppError(),
      onDrain: () => this.#updateFlow()
    })
    this.#turns = new AppTurns({ onTurnEnd: () => this.#pump(), onOpaque: reason => this.#goOpaque(reason) })
    this.#links = new DeveloperLinks({
      port: deps.port,
      protocol: 'http/1.1',
      caller: { address: caller.remoteAddress ?? '', port: caller.remotePort ?? 0 }
    }, deps.routes)
    this.#caller = this.#listen(caller)
    // At once, not with the first request: a protocol whose server speaks first would wait for ever.
    const global = deps.routes().global
    if (global === undefined || !this.#listenForServerFirst(global)) this.#app.open()
  }

  #listen (socket: Socket): CallerSide {
    return new CallerSide(socket, {
      onData: bytes => {
        this.#input.push(bytes)
        this.#pump()
      },
      onEnd: () => {
        this.#callerEnded = true
        this.#pump()
      },
      onDrain: () => {
        // Both: the turn whose bytes were too many may be over, and the next one somebody else's.
        this.#app.resume()
        this.#links.resume()
      },
      onGone: () => this.#onCallerGone()
    })
  }

  #pump (): void {
    while (!this.#over && !this.#becomingOpaque && !this.#blocked()) {
      if (this.#waiting !== undefined) this.#startTurn(this.#waiting)
      else if (!this.#readOn()) break
    }
    if (this.#over) return
    if (this.#callerEnded && !this.#becomingOpaque) this.#onCallerEnd()
    this.#updateFlow()
  }

  /** Whether the next request must wait for an answer. The body of the one that is being read never must. */
  #blocked (): boolean {
    if (this.#bodyTo !== undefined) return false
    if (this.#diverted !== undefined) return true
    if (this.#deps.routes().list.length === 0) return false
    if (this.#turns.empty) return false
    return this.#turns.holdsNext || (this.#waiting !== undefined && this.#route(this.#waiting) !== undefined)
  }

  // Returns false when there is nothing to read.
  #readOn (): boolean {
    const step = this.#input.next()
    if (step === undefined) return false
    if (step === 'more') this.#sendEarly()
    else if (step.kind === 'head') this.#waiting = step
    else if (step.kind === 'body') this.#sendBody(step.bytes, step.done)
    // In the middle of a body that is not the app's there is nobody to pass it to.
    else if (this.#bodyTo === 'developer') this.#destroy()
    else if (this.#bodyTo === 'nobody') this.#closeCaller()
    else this.#goOpaque(step.reason)
    return true
  }

  // Where nobody intercepts nothing is held: the piece of a head goes on as it came.
  #sendEarly (): void {
    if (this.#input.headStarted || this.#deps.routes().list.length === 0) this.#app.write(this.#input.takeEarly())
  }

  #startTurn (step: HeadStep): void {
    const route = this.#route(step)
    this.#waiting = undefined
    if (!this.#firstTurnSeen) this.#links.silence()
    if (!this.#input.betweenRequests) this.#bodyTo = route === undefined ? 'app' : 'developer'
    this.#deps.onTurn(route === undefined ? 'app' : 'developer')
    if (route === undefined) {
      this.#turns.open(step.head)
      this.#app.write(this.#input.restOfHead(step.bytes))
    } else {
      this.#divert(route, step)
    }
    this.#firstTurnSeen = true
  }

  // A head whose first bytes went to the app belongs to the app.
  #route (step: HeadStep): Route | undefined {
    return this.#input.headStarted ? undefined : this.#deps.routes().choose(viewOfHead(step.head))
  }

  #sendBody (bytes: Buffer, done: boolean): void {
    if (this.#bodyTo === 'developer') this.#diverted?.write(bytes)
    else if (this.#bodyTo === 'nobody') this.#drainedBytes += bytes.length
    else {
      this.#turns.startBody()
      this.#app.write(bytes)
    }
    if (done) {
      this.#bodyTo = undefined
      this.#drainedBytes = 0
    } else if (this.#drainedBytes > MAX_DRAINED_BYTES) this.#closeCaller()
  }

  #onCallerEnd (): void {
    if (this.#input.hasUnread || this.#waiting !== undefined) return
    if (this.#diverted !== undefined) this.#diverted.endRequests()
    else if (this.#app.connected && !this.#input.hasUnsent) this.#app.end()
    else if (this.#firstTurnSeen && !this.#input.hasUnsent) this.#closeCaller()
    else this.#goOpaque(undefined)
  }

  #onCallerGone (): void {
    if (this.#over) return
    this.#over = true
    this.#diverted?.abort()
    this.#links.abortAll()
    this.#app.reset()
  }

  #onAppData (bytes: Buffer): void {
    // Unasked while a developer answers (Node's own server sends a 408 after a minute of silence): nobody's answer.
    if (this.#turns.empty && this.#isDiverting) return this.#leaveApp()
    this.#toCaller(bytes)
    if (this.#firstTurnSeen || !this.#turns.empty) this.#turns.read(bytes)
    else this.#goOpaque('server-first')
  }

  #onAppEnd (): void {
    const wantsMore = this.#isDiverting || this.#waiting !== undefined || this.#input.hasUnsent
    if (wantsMore && this.#turns.empty) this.#leaveApp()
    else this.#goOpaque(undefined)
  }

  #onAppError (): void {
    if (!this.#isDiverting || !this.#turns.empty) this.#destroy()
    else this.#updateFlow()
  }

  // Also while the rest of a request is dropped whose answer is complete: it must never reach the app.
  get #isDiverting (): boolean {
    return this.#diverted !== undefined || this.#bodyTo === 'nobody'
  }

  #leaveApp (): void {
    this.#app.leave()
    // The caller may have been waiting for this app to read.
    this.#updateFlow()
  }

  #divert (route: Route, step: HeadStep): void {
    // A worker of the app that waits for a first request must not wait while a developer sits at a breakpoint.
    if (!this.#firstTurnSeen) this.#app.leave()
    try {
      this.#diverted = new DivertedTurn(this.#turnOwner(route, step.head.method), step.head, step.bytes)
    } catch {
      this.#answer('WAYLAY_DEVELOPER_GONE', 'The developer has no session', step.head.method)
    }
  }

  #turnOwner (route: Route, method: string): TurnOwner {
    return {
      link: fresh => this.#links.get(route, fresh),
      toCaller: bytes => this.#toCaller(bytes),
      onDrain: () => this.#updateFlow(),
      onEnd: closes => this.#onDivertedEnd(closes),
      onUpgrade: (stream, rest) => {
        this.#app.leave()
        this.#spliceTo(stream, rest)
      },
      onFailure: (code, message) => this.#answer(code, message, method),
      onBroken: () => this.#destroy()
    }
  }

  #onDivertedEnd (closes: boolean): void {
    if (this.#bodyTo === 'developer') {
      // The program would take the next request for the rest of this one's body.
      this.#diverted?.abort()
      this.#bodyTo = 'nobody'
    }
    this.#diverted = undefined
    if (closes) return this.#closeCaller()
    this.#pump()
  }

  #answer (code: AnswerCode, message: string, method: string): void {
    this.#diverted = undefined
    this.#toCaller(writeOwnAnswer(code, message, method))
    this.#closeCaller()
  }

  // Under a global intercept the developer's program is the server, so it may also speak first.
  #listenForServerFirst (route: Route): boolean {
    return hearServerFirst(() => this.#links.get(route, false), {
      onData: bytes => {
        this.#toCaller(bytes)
        this.#goOpaque('server-first')
      },
      onEnd: () => this.#closeCaller(),
      onGone: () => this.#app.open()
    })
  }

  #toCaller (bytes: Buffer): void {
    if (this.#caller.write(bytes)) return
    this.#app.pause()
    this.#diverted?.pause()
  }

  #updateFlow (): void {
    const mustWait = this.#input.hasUnread || this.#app.needsDrain || this.#diverted?.needsDrain === true
    if (!this.#over) this.#caller.setPaused(mustWait)
  }

  /** From here on bytes are copied both ways and never looked at again. No reason: nothing odd. */
  #goOpaque (reason: string | undefined): void {
    if (this.#over) return
    if (reason !== undefined) this.#deps.onOpaque(reason)
    const global = this.#app.connected || this.#firstTurnSeen ? undefined : this.#deps.routes().global
    if (global !== undefined) {
      const takeOver = (stream: Duplex, rest: Buffer): void => this.#spliceTo(stream, rest)
      this.#becomingOpaque = takeOverWhenAccepted(() => this.#links.get(global, false), takeOver, () => this.#destroy())
    }
    // Without a session the app is as good as without the intercept.
    if (!this.#becomingOpaque) this.#spliceTo(this.#app.release())
  }

  /** @param rest what the peer has already sent. */
  #spliceTo (peer: Duplex, rest?: Buffer): void {
    if (rest !== undefined) this.#toCaller(rest)
    this.#over = true
    this.#links.abortAll(peer)
    const waiting = this.#waiting === undefined ? [] : [this.#input.restOfHead(this.#waiting.bytes)]
    for (const bytes of [...waiting, ...this.#input.takeAll()]) peer.write(bytes)
    splice(this.#caller.release(), peer)
  }

  #closeCaller (): void {
    this.#over = true
    this.#app.leave()
    this.#links.abortAll()
    this.#caller.close()
  }

  #destroy (): void {
    if (this.#over) return
    this.#caller.reset()
    this.#onCallerGone()
  }
}
