import { toPreviewFields } from '../../browse/response-fields.ts'
import { DIVERTED_TO_HEADER, ERROR_HEADER } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import { endsHttp, isInterim, type ResponseHead } from '../../http1/response-head.ts'
import { ResponseReader } from '../../http1/response-reader.ts'
import type { Asked } from './asked.ts'
import { answerFailure } from './failure-answer.ts'
import { proxyFailure } from './proxy-failure.ts'
import { writeResponseHead } from './write-head.ts'

/** How far an answer is, by the bytes that came. */
export type AnswerStep =
  | { readonly kind: 'more' }
  /** `isInStep`: nothing came behind it. */
  | { readonly kind: 'answered', readonly isInStep: boolean }
  /** Bytes go both ways from here on; `rest` came behind the head. */
  | { readonly kind: 'upgraded', readonly rest: Buffer }
  | { readonly kind: 'malformed', readonly error: WaylayError }

const MORE: AnswerStep = { kind: 'more' }

/** The answer to one request over HTTP/1, from the app's bytes to the caller's. */
export class Answer {
  readonly #asked: Asked
  readonly #write: (bytes: Buffer) => void
  readonly #reader = new ResponseReader()
  #status: number | undefined
  #closes = false
  #appCloses = false
  #divertedTo: string | undefined
  #failure: string | undefined

  /** @param write to the caller. */
  constructor (asked: Asked, write: (bytes: Buffer) => void) {
    this.#asked = asked
    this.#write = write
  }

  /** Undefined until its head is written; that of a 1xx counts for nothing. */
  get status (): number | undefined {
    return this.#status
  }

  /** Whether the caller's connection ends with it. */
  get closes (): boolean {
    return this.#closes
  }

  /** Whether the app's does. */
  get appCloses (): boolean {
    return this.#appCloses
  }

  /** Whether it is whole when the app's connection ends. */
  get endsWithConnection (): boolean {
    return this.#reader.untilClose
  }

  get divertedTo (): string | undefined {
    return this.#divertedTo
  }

  /** Code of what the proxy answered itself; undefined where an app or a developer did. */
  get failure (): string | undefined {
    return this.#failure
  }

  read (bytes: Buffer): AnswerStep {
    let from = 0
    while (from < bytes.length) {
      const step = this.#reader.step(bytes, from, bytes.length, this.#asked)
      if (step.kind === 'more') return MORE
      if (step.kind === 'malformed' || (step.kind === 'head' && this.#isUnasked(step.head))) {
        const message = 'The app sent something that is not one HTTP response'
        return { kind: 'malformed', error: new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', message) }
      }
      if (step.kind === 'head') this.#writeHead(step.head)
      else this.#write(bytes.subarray(from, step.next))
      from = step.next
      if (step.kind === 'head' && endsHttp(step.head.status, this.#asked)) {
        return { kind: 'upgraded', rest: bytes.subarray(from) }
      }
      if (step.done) return { kind: 'answered', isInStep: from === bytes.length }
    }
    return MORE
  }

  /** What the caller gets where the app has answered nothing yet. */
  fail (error: WaylayError): void {
    const { status, fields, body } = answerFailure(error, this.#asked.accept)
    this.#status = status
    this.#write(writeResponseHead({ status, reason: error.code }, fields, true))
    if (this.#asked.method !== 'HEAD') this.#write(body)
  }

  /** What the caller sends next would reach the app unmarked, and past whoever may ask. */
  #isUnasked ({ status }: ResponseHead): boolean {
    return status === 101 && !this.#asked.upgrades
  }

  #writeHead (head: ResponseHead): void {
    const isLast = !isInterim(head.status)
    if (!isLast && this.#asked.isVersion10) return
    const { fields } = head
    if (isLast) {
      this.#status = head.status
      this.#appCloses = head.closes
      const valueOf = (wanted: string): string | undefined => fields.find(([name]) => name === wanted)?.[1]
      this.#divertedTo = valueOf(DIVERTED_TO_HEADER)
      this.#failure = proxyFailure(valueOf(ERROR_HEADER), this.#divertedTo)
      this.#closes = !this.#asked.keepAlive || head.framing.kind === 'until-close'
    }
    const closes = isLast && this.#closes && head.status !== 101
    this.#write(writeResponseHead(head, toPreviewFields(fields, this.#asked.mapping), closes))
  }
}
