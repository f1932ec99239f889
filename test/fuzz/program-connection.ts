import { once } from 'node:events'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { buildAnswer, type Answer } from './build-answer.ts'
import { pause, type Clock } from './clock.ts'
import type { FuzzCase, Recipe } from './fuzz-case.ts'
import { proxyHeadEnd } from './reference-proxy-head.ts'
import { readReferenceRequests, type ReferenceRequest } from './reference-request.ts'

/** A request that a program read, and what it did. */
export type Served = {
  readonly connection: ProgramConnection
  /** Offsets are those of what this connection received. */
  request: ReferenceRequest
  readonly answer: Answer
  /** Whether the body had come when the answer began. */
  readonly wasComplete: boolean
  readonly startedAt: number
  endedAt: number
}

export type ProgramDeps = {
  readonly fuzzCase: FuzzCase
  readonly clock: Clock
  /** Part of what it says. */
  readonly name: string
  readonly nextRecipe: () => Recipe
  readonly onServed: (served: Served) => void
  /** Bytes of the program that answer nothing. */
  readonly onLoose: (bytes: Buffer) => void
}

/** One connection of a scripted program: reads by the reference, answers by recipes, one request after the other. */
export class ProgramConnection {
  readonly stream: Duplex
  readonly #deps: ProgramDeps
  readonly #pieces: Buffer[] = []
  #receivedBytes = 0
  /** How much had arrived when. */
  readonly arrivals: Array<{ readonly bytes: number, readonly at: number }> = []
  #readTo = 0
  #current: Served | undefined
  #busy = false
  #silent = false
  #peerEnded = false
  #sinceSlow = 0
  #nextRecipe: Recipe | undefined
  closed = false

  constructor (stream: Duplex, deps: ProgramDeps) {
    this.stream = stream
    this.#deps = deps
    stream.on('data', (bytes: Buffer) => this.receive(bytes))
    stream.on('end', () => {
      this.#peerEnded = true
      this.#deps.clock.tick()
      this.#step()
    })
    stream.on('error', () => {})
    stream.on('close', () => {
      this.closed = true
      deps.clock.tick()
    })
  }

  get received (): Buffer {
    if (this.#pieces.length > 1) this.#pieces.splice(0, this.#pieces.length, Buffer.concat(this.#pieces))
    return this.#pieces[0] ?? Buffer.alloc(0)
  }

  get state (): string {
    const { closed, readableEnded, writableFinished, readableFlowing } = this.stream
    return JSON.stringify({
      received: this.#receivedBytes,
      readTo: this.#readTo,
      busy: this.#busy,
      silent: this.#silent,
      closed,
      readableEnded,
      writableFinished,
      readableFlowing
    })
  }

  receive (bytes: Buffer): void {
    if (bytes.length === 0) return
    // A copy: whoever sent it may use the buffer again, and then it must show.
    this.#pieces.push(Buffer.from(bytes))
    this.#receivedBytes += bytes.length
    this.arrivals.push({ bytes: this.#receivedBytes, at: this.#deps.clock.tick() })
    this.#slowDown(bytes.length)
    this.#step()
  }

  /** When the byte of that offset arrived. */
  arrivalOf (offset: number): number | undefined {
    return this.arrivals.find(({ bytes }) => bytes > offset)?.at
  }

  say (bytes: Buffer): void {
    if (!this.stream.writable) return
    this.#deps.onLoose(bytes)
    this.stream.write(bytes)
  }

  #step (): void {
    if (this.#busy || this.stream.destroyed) return
    if (this.#silent) return this.#endIfDone()
    const greeting = proxyHeadEnd(this.received)
    const [request] = readReferenceRequests(this.received, Math.max(this.#readTo, greeting)).requests
    if (this.#current !== undefined && request !== undefined) {
      this.#current.request = request
      if (request.complete) this.#readTo = request.end
      else return this.#endIfDone()
      this.#current = undefined
      return this.#step()
    }
    if (request === undefined) return this.#endIfDone()
    const recipe = this.#peek()
    if (!request.complete && !recipe.early) return this.#endIfDone()
    this.#nextRecipe = undefined
    void this.#serve(request, recipe)
  }

  #peek (): Recipe {
    this.#nextRecipe ??= this.#deps.nextRecipe()
    return this.#nextRecipe
  }

  async #serve (request: ReferenceRequest, recipe: Recipe): Promise<void> {
    const { clock, fuzzCase, name } = this.#deps
    this.#busy = true
    clock.begin()
    const answer = buildAnswer(recipe, request, `${fuzzCase.id.replace(':', '-')}/${name}`)
    const served: Served = {
      connection: this, request, answer, wasComplete: request.complete, startedAt: clock.tick(), endedAt: Infinity
    }
    this.#deps.onServed(served)
    if (request.complete) this.#readTo = request.end
    else this.#current = served
    // Never in the call that brought the request: no network answers within it.
    if (recipe.delayMs > 0) await pause(recipe.delayMs)
    else await new Promise(resolve => setImmediate(resolve))
    await this.#write(served, recipe.pieces)
    if (answer.extra.length > 0) this.#deps.onLoose(answer.extra)
    if (answer.effect === 'reset') cut(this.stream)
    else if (answer.thenEnds) this.stream.end()
    this.#silent = !['next', 'doubt'].includes(answer.effect) || answer.thenEnds
    this.#busy = false
    clock.done()
    this.#step()
  }

  async #write (served: Served, pieces: number): Promise<void> {
    const { bytes, extra } = served.answer
    if (bytes.length === 0) served.endedAt = this.#deps.clock.tick()
    const size = Math.max(1, Math.ceil(bytes.length / pieces))
    for (let at = 0; at < bytes.length && this.stream.writable; at += size) {
      const piece = bytes.subarray(at, at + size)
      const isLast = at + size >= bytes.length
      if (isLast) served.endedAt = this.#deps.clock.tick()
      if (!this.stream.write(isLast ? Buffer.concat([piece, extra]) : piece)) await drained(this.stream)
      else if (!isLast) await new Promise(resolve => setImmediate(resolve))
    }
  }

  // A last word where the bytes are no HTTP any more, so that this direction is seen to work too.
  #endIfDone (): void {
    if (!this.#peerEnded || this.stream.writableEnded) return
    const readTo = Math.max(this.#readTo, proxyHeadEnd(this.received))
    if (this.#silent || readTo < this.#receivedBytes) this.say(Buffer.from(`<${this.#deps.fuzzCase.id.replace(':', '-')}/bye>`))
    this.stream.end()
  }

  #slowDown (bytes: number): void {
    const { slowReading } = this.#deps.fuzzCase
    if (slowReading === undefined) return
    this.#sinceSlow += bytes
    if (this.#sinceSlow < slowReading.everyBytes) return
    this.#sinceSlow = 0
    this.stream.pause()
    this.#deps.clock.begin()
    void pause(slowReading.pauseMs).then(() => {
      this.stream.resume()
      this.#deps.clock.done()
    })
  }
}

async function drained (stream: Duplex): Promise<void> {
  const over = new AbortController()
  const { signal } = over
  await Promise.race([once(stream, 'drain', { signal }), once(stream, 'close', { signal })]).catch(() => {})
  over.abort()
}

function cut (stream: Duplex): void {
  if (stream instanceof Socket) stream.resetAndDestroy()
  else stream.destroy(new Error('cut'))
}
