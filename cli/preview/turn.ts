import { toPreviewFields } from '../../browse/response-fields.ts'
import { DIVERTED_TO_HEADER } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { endsHttp, isInterim, type ResponseHead } from '../../http1/response-head.ts'
import { ResponseReader } from '../../http1/response-reader.ts'
import { PortRefused } from '../cluster/port-forward-failure.ts'
import type { AppConnection, AppUser } from './app-connection.ts'
import type { Asked } from './asked.ts'
import { answerFailure } from './failure-answer.ts'
import type { Site } from './site.ts'
import { SentBytes } from './sent-bytes.ts'
import { writeResponseHead } from './write-head.ts'

/** The connection that a turn's answer goes to. */
export type TurnCaller = {
  /** False: wait for `Turn.onCallerDrain`. */
  write (bytes: Buffer): boolean
  /** What is written until `uncork` goes out at once: a short answer costs one packet, not one for its head as well. */
  cork (): void
  uncork (): void
  pause (): void
  resume (): void
  /** The answer is complete. @param closes whether the connection ends with it. */
  onAnswered (closes: boolean): void
  /** Bytes go both ways from here on; `rest` came behind the answer's head. */
  onUpgraded (app: AppConnection, rest: Buffer): void
  /** The answer cannot be completed. */
  abort (): void
}

/** One connection that is new and one that was used before; a pod's proxy, then its app, then another pod. */
const MAX_TRIES = 6

/** One request and its answer, over HTTP/1. */
export class Turn implements AppUser {
  readonly #caller: TurnCaller
  readonly #site: Site
  readonly #asked: Asked
  readonly #reader = new ResponseReader()
  readonly #startedMs = performance.now()
  readonly #sent = new SentBytes()
  #app: AppConnection | undefined
  #isAsked = false
  #isOver = false
  #tries = 0
  /** Of the answer, once its head is written. */
  #status: number | undefined
  #closes = false
  #appCloses = false
  #divertedTo: string | undefined

  constructor (caller: TurnCaller, site: Site, asked: Asked) {
    this.#caller = caller
    this.#site = site
    this.#asked = asked
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
    this.#read(bytes)
    this.#caller.uncork()
  }

  #read (bytes: Buffer): void {
    let from = 0
    while (from < bytes.length && !this.#isOver) {
      const step = this.#reader.step(bytes, from, bytes.length, this.#asked)
      if (step.kind === 'more') return
      if (step.kind === 'malformed' || (step.kind === 'head' && this.#isUnasked(step.head))) {
        this.fail(new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', 'The app sent something that is not one HTTP response'))
        return
      }
      if (step.kind === 'head') this.#answerHead(step.head)
      else this.#write(bytes.subarray(from, step.next))
      from = step.next
      if (step.kind === 'head' && endsHttp(step.head.status, this.#asked)) this.#upgrade(bytes.subarray(from))
      else if (step.done) this.#answered(from === bytes.length)
    }
  }

  onEnd (error: Error | undefined): void {
    this.#app = undefined
    if (this.#isOver) return
    if (this.#status !== undefined) {
      if (error === undefined && this.#reader.untilClose) this.#answered(false)
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
      : toWaylayError(error))
  }

  /** Answers with the failure where nothing was answered yet. */
  fail (error: WaylayError): void {
    if (this.#status !== undefined) {
      this.#abort()
      return
    }
    const { status, fields, body } = answerFailure(error, this.#asked.accept)
    this.#status = status
    this.#caller.write(writeResponseHead({ status, reason: error.code }, fields, true))
    if (this.#asked.method !== 'HEAD') this.#caller.write(body)
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

  #answerHead (head: ResponseHead): void {
    const isLast = !isInterim(head.status)
    if (!isLast && this.#asked.isVersion10) return
    const { fields } = head
    if (isLast) {
      this.#status = head.status
      this.#appCloses = head.closes
      this.#divertedTo = fields.find(([name]) => name === DIVERTED_TO_HEADER)?.[1]
      this.#closes = !this.#asked.keepAlive || head.framing.kind === 'until-close'
    }
    const closes = isLast && this.#closes && head.status !== 101
    this.#write(writeResponseHead(head, toPreviewFields(fields, this.#asked.mapping), closes))
  }

  /** What the caller sends next would reach the app unmarked, and past whoever may ask. */
  #isUnasked ({ status }: ResponseHead): boolean {
    return status === 101 && !this.#asked.upgrades
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
    const isGood = isInStep && this.#isAsked && !this.#appCloses
    if (app !== undefined && isGood) {
      this.#app = undefined
      this.#site.connections.give(app)
    }
    this.#end(undefined)
    // The app answered before it had read everything: what still comes has nowhere to go.
    this.#caller.onAnswered(this.#closes || !this.#isAsked)
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
    this.#site.onTurn({
      method: this.#asked.method,
      path: this.#asked.path,
      status: this.#status,
      durationMs: performance.now() - this.#startedMs,
      divertedTo: this.#divertedTo,
      ...(failure !== undefined && { failure })
    })
  }
}
