import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { PortRefused } from '../cluster/port-forward-failure.ts'
import { toAppFailure } from './app-failure.ts'
import { Answer } from './answer.ts'
import type { AppConnection, AppUser } from './app-connection.ts'
import type { Asked } from './asked.ts'
import type { Site } from './site.ts'
import { SentBytes } from './sent-bytes.ts'
import type { TurnCaller } from './turn-caller.ts'

/** One connection that is new and one that was used before; a pod's proxy, then its app, then another pod. */
const MAX_TRIES = 6

/** One request and its answer, over HTTP/1. */
export class Turn implements AppUser {
  readonly #caller: TurnCaller
  readonly #site: Site
  readonly #asked: Asked
  readonly #answer: Answer
  readonly #startedMs = performance.now()
  readonly #sent = new SentBytes()
  #app: AppConnection | undefined
  #isAsked = false
  #isOver = false
  #tries = 0

  constructor (caller: TurnCaller, site: Site, asked: Asked) {
    this.#caller = caller
    this.#site = site
    this.#asked = asked
    this.#answer = new Answer(asked, bytes => { this.#write(bytes) })
  }

  /** Whether the whole request has come. */
  get isAsked (): boolean {
    return this.#isAsked
  }

  /** @param hasBody whether `sendBody` will be called. */
  start (hasBody: boolean): void {
    this.#isAsked = !hasBody
    this.#sent.add(this.#asked.head)
    const free = this.#site.connections.take(this.#asked.isRepeatable)
    if (free === undefined) {
      void this.#dial()
      return
    }
    this.#tries++
    this.#attach(free)
  }

  sendBody (bytes: Buffer, isLast: boolean): void {
    if (isLast) this.#isAsked = true
    if (this.#isOver) return
    this.#sent.add(bytes)
    if (this.#app?.write(bytes) === false) this.#caller.pause()
  }

  onDrain (): void {
    this.#caller.resume()
  }

  onCallerDrain (): void {
    this.#app?.resume()
  }

  /** The caller is gone. */
  onCallerGone (): void {
    this.#end(undefined)
  }

  onData (bytes: Buffer): void {
    this.#sent.forget()
    this.#caller.cork()
    const step = this.#answer.read(bytes)
    switch (step.kind) {
      case 'more': break
      case 'answered':
        this.#answered(step.isInStep)
        break
      case 'upgraded':
        this.#upgrade(step.rest)
        break
      case 'malformed':
        this.fail(step.error)
        break
    }
    this.#caller.uncork()
  }

  onEnd (error: Error | undefined): void {
    this.#app = undefined
    if (this.#isOver) return
    if (this.#answer.status !== undefined) {
      if (error === undefined && this.#answer.endsWithConnection) this.#answered(false)
      else this.#abort()
      return
    }
    const isUntouched = error instanceof PortRefused
    const mayRepeat = isUntouched || (this.#asked.isRepeatable && this.#tries < 2)
    if (mayRepeat && this.#sent.isComplete && this.#tries < MAX_TRIES) {
      this.#caller.pause()
      void this.#dial()
      return
    }
    this.fail(error === undefined
      ? new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', 'The app closed the connection without an answer')
      : toAppFailure(error))
  }

  /** Answers with the failure where nothing was answered yet. */
  fail (error: WaylayError): void {
    if (this.#answer.status !== undefined) {
      this.#abort()
      return
    }
    this.#answer.fail(error)
    this.#end(error.code)
    this.#caller.onAnswered(true)
  }

  async #dial (): Promise<void> {
    this.#tries++
    // What comes meanwhile would only be kept here.
    this.#caller.pause()
    try {
      const app = await this.#site.connections.dial()
      if (this.#isOver) app.destroy()
      else this.#attach(app)
    } catch (error) {
      if (!this.#isOver) this.fail(toWaylayError(error))
    }
  }

  #attach (app: AppConnection): void {
    this.#app = app
    app.use(this)
    let mayGoOn = true
    for (const bytes of this.#sent.bytes) mayGoOn = app.write(bytes)
    if (mayGoOn) this.#caller.resume()
    // It may have ended before anybody listened.
    if (app.isOver) this.onEnd(app.failure)
  }

  #write (bytes: Buffer): void {
    if (!this.#caller.write(bytes)) this.#app?.pause()
  }

  #upgrade (rest: Buffer): void {
    const app = this.#app
    this.#app = undefined
    this.#end(undefined)
    if (app !== undefined) this.#caller.onUpgraded(app, rest)
  }

  /** @param isInStep whether nothing came behind the answer. */
  #answered (isInStep: boolean): void {
    const app = this.#app
    const isGood = isInStep && this.#isAsked && !this.#answer.appCloses
    if (app !== undefined && isGood) {
      this.#app = undefined
      this.#site.connections.give(app)
    }
    this.#end(undefined)
    // The app answered before it had read everything: what still comes has nowhere to go.
    this.#caller.onAnswered(this.#answer.closes || !this.#isAsked)
  }

  #abort (): void {
    this.#end('WAYLAY_PREVIEW_BAD_RESPONSE')
    this.#caller.abort()
  }

  #end (failure: string | undefined): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#sent.forget()
    this.#app?.destroy()
    this.#app = undefined
    const told = failure ?? this.#answer.failure
    this.#site.onTurn({
      method: this.#asked.method,
      path: this.#asked.path,
      status: this.#answer.status,
      durationMs: performance.now() - this.#startedMs,
      divertedTo: this.#answer.divertedTo,
      ...(told !== undefined && { failure: told })
    })
  }
}
