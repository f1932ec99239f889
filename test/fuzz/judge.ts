import { ExpectedApp } from './expected-app.ts'
import { collectDiverted, type DivertedItem } from './diverted-item.ts'
import { judgeDivertedTurn, type JudgedConnection } from './judge-diverted.ts'
import { foreignMark } from './foreign-mark.ts'
import { INTERCEPTED_IDS } from './fuzz-case.ts'
import type { Observation, Said } from './observation.ts'
import { ReceivedCursor, show } from './received-cursor.ts'
import { valuesOf } from './reference-fields.ts'
import { withMember } from './reference-baggage.ts'
import { reachedApp } from './reached-app.ts'
import { matchesReference } from './reference-match.ts'
import { proxyHeadEnd } from './reference-proxy-head.ts'
import { readReferenceRequests, type ReferenceRequest, type ReferenceStream } from './reference-request.ts'

export type Verdict = {
  readonly problems: readonly string[]
  /** The properties that this case showed in full. */
  readonly shown: readonly string[]
  /** Whole requests that were diverted, as their developers received them. */
  readonly diverted: ReadonlyArray<{ readonly request: ReferenceRequest, readonly bytes: Buffer }>
}

/**
 * Follows one caller's connection as the design says it goes, turn by turn. Where two things may happen, what was seen
 * decides which it was; where it cannot be known, `certain` falls and only what is forbidden in any case is looked for.
 */
export class Judge implements JudgedConnection {
  readonly seen: Observation
  readonly problems: string[] = []
  readonly stream: Buffer
  readonly reference: ReferenceStream
  readonly cursor: ReceivedCursor
  readonly items: readonly DivertedItem[]
  readonly #strays: readonly Buffer[]
  readonly #app = new ExpectedApp()
  readonly #shown = new Set<string>()
  /** Whether what was not diverted should have been. */
  certain: boolean
  /** Whether the app must have got every byte. */
  appExact: boolean
  /** No request is looked at any more. */
  opaque: boolean
  /** The caller's connection ended with a diverted turn. */
  ended = false
  /** Of the caller's stream, how far it is explained. */
  position = 0
  nextItem = 0
  /** When the last response before this turn was complete. */
  answeredAt = 0
  #saidAt = 0
  #appUnknown = false
  #lastTurn: 'app' | 'developer' | undefined

  constructor (seen: Observation) {
    this.seen = seen
    const { fuzzCase } = seen
    this.stream = fuzzCase.stream.subarray(0, seen.sentBytes)
    this.reference = readReferenceRequests(this.stream, proxyHeadEnd(this.stream))
    this.cursor = new ReceivedCursor(seen.callerReceived)
    const { items, strays } = collectDiverted(seen)
    this.items = items
    this.#strays = strays
    const cutByCaller = fuzzCase.ending.startsWith('reset')
    this.certain = fuzzCase.intercepts !== 'flips' && !fuzzCase.serverFirst && !cutByCaller
    this.appExact = this.certain
    this.cursor.loose = !this.certain
    this.opaque = fuzzCase.intercepts === 'none'
    this.#foreseeReset()
  }

  // A reset for the body of a request that a developer gets also takes what is still on its way, of earlier turns.
  #foreseeReset (): void {
    const { requests, rest } = this.reference
    const resets = requests.some(request => (request.bodyDoubt || (!request.complete && rest === 'malformed')) &&
      INTERCEPTED_IDS.some(value => matchesReference(request, value) !== 'no'))
    // As does an answer that breaks off.
    const breaksOff = this.seen.developerSaid.some(({ served }) => served?.answer.effect === 'truncated')
    if ((resets || breaksOff) && !this.opaque) {
      this.cursor.loose = true
      this.appExact = false
    }
    // So does one of the app's.
    if (this.seen.appSaid.some(({ served }) => served?.answer.effect === 'reset')) this.doubt()
  }

  judge (): Verdict {
    for (const hang of this.seen.hangs) this.problems.push(`hangs: ${hang}`)
    if (this.seen.heldBytes > 0) this.problems.push(`${this.seen.heldBytes} bytes are held though nobody intercepts`)
    this.position = proxyHeadEnd(this.stream)
    this.#app.push(this.stream.subarray(0, this.position))
    for (const request of this.reference.requests) {
      if (this.ended || this.opaque) break
      this.#judgeTurn(request)
    }
    this.#currentItem()
    const unexplained = this.items.slice(this.nextItem).filter(({ kind }) => this.certain || kind === 'request')
    if (unexplained.length > 0) {
      this.problems.push(`diverted though it is not to be: ${unexplained.map(({ kind, bytes }) => `${kind} ${show(bytes)}`).join(', ')}`)
    }
    for (const stray of this.#strays) if (this.certain) this.problems.push(`a developer got what is no request: ${show(stray)}`)
    if (!this.ended) {
      this.#pushRest()
      this.#takeSaid(() => false)
    }
    this.cursor.finish()
    this.#judgeAppBytes()
    this.#judgeEnd()
    this.#findForeignMarks()
    this.problems.push(...this.cursor.problems)
    const diverted = this.items.flatMap(({ request, bytes, served }) =>
      request?.complete === true && served?.answer.effect !== 'upgrade' ? [{ request, bytes }] : [])
    if (diverted.length > 0) this.#shown.add('diverted')
    return { problems: this.problems, shown: [...this.#shown], diverted }
  }

  #judgeTurn (request: ReferenceRequest): void {
    const item = this.#currentItem()
    const head = this.sentOn(request)
    const matches = new Map(INTERCEPTED_IDS.map(value => [value as string, matchesReference(request, value)]))
    // A stream that was refused has no head: it may be of this request or of one behind it.
    const isSomeones = item !== undefined && item.kind !== 'request' && (!this.certain || matches.get(item.value) === 'doubt')
    const isAtApp = isSomeones && reachedApp(this.seen, this.stream, request)
    const may = item !== undefined && matches.get(item.value) !== 'no' && !isAtApp
    if (may && isSomeones) {
      this.#appUnknown = true
      this.doubt()
    }
    if (may && (item.kind !== 'request' || item.head.equals(head))) {
      this.nextItem++
      this.#lastTurn = 'developer'
      if (item.at < this.answeredAt && this.certain) this.problems.push(`diverted before the response ahead of it ended: ${request.target}`)
      if (request.bodyDoubt) this.doubt()
      judgeDivertedTurn(this, request, item)
      return
    }
    const values = [...matches.values()]
    const breaks = request.bodyDoubt || (!request.complete && this.reference.rest === 'malformed')
    // Reset for its body, perhaps before its head was out; or passed, where it was opaque before.
    if (breaks && values.some(value => value !== 'no')) {
      if (this.certain && values.includes('yes')) this.ended = true
      else this.#appUnknown = true
      this.doubt()
      return
    }
    if (this.certain && values.includes('yes')) this.problems.push(`not diverted: ${show(head)}`)
    else if (this.certain) this.#shown.add('routing')
    if (request.headDoubt || request.bodyDoubt || values.includes('doubt')) this.doubt()
    this.#judgeAppTurn(request)
  }

  // The next one that reached a developer. One that was tried again is skipped where it is not known that it was not.
  #currentItem (): DivertedItem | undefined {
    for (;;) {
      const item = this.items[this.nextItem]
      const before = this.items[this.nextItem - 1]
      const isRepeated = item?.kind === 'request' && before?.head.equals(item.head) === true
      if (this.certain || !isRepeated) return item
      this.nextItem++
    }
  }

  #judgeAppTurn (request: ReferenceRequest): void {
    this.#judgeOrder()
    this.#lastTurn = 'app'
    this.#pushRequest(request, this.certain)
    this.position = request.end
    const served = this.#takeSaid(said => said.served !== undefined)?.served
    if (served === undefined) {
      this.opaque = this.certain
      return
    }
    const { effect } = served.answer
    this.answeredAt = served.endedAt
    const expects = valuesOf(request.fields, 'expect').some(value => value.toLowerCase() === '100-continue')
    if (effect === 'doubt' || (expects && (request.body === 'none' || !served.wasComplete))) this.doubt()
    else if (effect !== 'next' && this.certain) this.opaque = true
  }

  // A request for the app waits for the developer's answer ahead of it.
  #judgeOrder (): void {
    if (!this.certain || this.#lastTurn !== 'developer') return
    let before = this.#app.length
    const greeting = proxyHeadEnd(this.stream)
    for (const [index, connection] of this.seen.appConnections.entries()) {
      const offset = index > 0 && greeting > 0 ? before + greeting : before
      if (offset < connection.received.length) {
        if ((connection.arrivalOf(offset) ?? 0) < this.answeredAt) this.problems.push('passed before the diverted response ahead of it ended')
        else this.#shown.add('order')
        return
      }
      before -= index > 0 ? Math.max(0, connection.received.length - greeting) : connection.received.length
    }
  }

  /** A request's head as it is sent on by a proxy that reads it. */
  sentOn (request: ReferenceRequest): Buffer {
    return withMember(request.fields, this.stream.subarray(request.start, request.headEnd))
  }

  #pushRequest (request: ReferenceRequest, mustChange: boolean): void {
    const head = this.stream.subarray(request.start, request.headEnd)
    this.#app.pushHead(head, this.sentOn(request), mustChange)
    this.#app.push(this.stream.subarray(request.headEnd, request.end))
  }

  // Requests behind one with which HTTP may end are read, or not any more.
  #pushRest (): void {
    const stays = this.#staysHttp()
    for (const request of this.reference.requests) {
      if (request.start < this.position) continue
      this.#pushRequest(request, stays)
      this.position = request.end
    }
    this.#app.push(this.stream.subarray(this.position))
  }

  // Whether nothing happened for which a connection could be opaque. Where nobody intercepts no turn is followed.
  #staysHttp (): boolean {
    const { fuzzCase, appSaid } = this.seen
    return this.certain && fuzzCase.intercepts === 'none' &&
      appSaid.every(({ served }) => served?.answer.effect === 'next') &&
      this.reference.requests.every(({ fields, headDoubt, bodyDoubt }) =>
        !headDoubt && !bodyDoubt && valuesOf(fields, 'expect').length === 0)
  }

  /** From here on more than one thing may happen. */
  doubt (): void {
    this.certain = false
    this.appExact = false
    this.cursor.loose = true
  }

  /** The caller's connection ends with this turn. Where that is not sure, what was seen of later turns counts. */
  end (): void {
    if (this.certain) this.ended = true
  }

  // What the app said, in order, up to the first that is asked for.
  #takeSaid (isLast: (said: Said) => boolean): Said | undefined {
    while (this.#saidAt < this.seen.appSaid.length) {
      const said = this.seen.appSaid[this.#saidAt++]
      if (said === undefined) return undefined
      this.cursor.take(said.bytes, 'from the app')
      if (isLast(said)) return said
    }
    return undefined
  }

  #judgeAppBytes (): void {
    const greeting = this.stream.subarray(0, proxyHeadEnd(this.stream))
    const received = Buffer.concat(this.seen.appConnections.map((connection, index) => {
      if (index === 0 || greeting.length === 0) return connection.received
      const begins = connection.received.subarray(0, greeting.length)
      if (!begins.equals(greeting.subarray(0, begins.length))) this.problems.push('a connection to the app begins without the PROXY head')
      return connection.received.subarray(greeting.length)
    }))
    const expected = this.#app.resolve(received)
    if (this.appExact) {
      if (received.equals(expected)) this.#shown.add('app-bytes')
      else this.problems.push(`the app got ${received.length} bytes, expected ${expected.length}, different from ${differAt(received, expected)}: ${show(received.subarray(differAt(received, expected)))}`)
    } else if (!this.#appUnknown && !expected.subarray(0, received.length).equals(received)) {
      this.problems.push(`the app got other bytes from ${differAt(received, expected)}: ${show(received.subarray(differAt(received, expected)))}`)
    }
  }

  #judgeEnd (): void {
    if (this.cursor.loose || this.cursor.stopped) return
    this.#shown.add('caller-bytes')
    if (this.ended) return
    if (this.seen.callerEnding === 'fin') this.#shown.add('orderly-end')
    else this.problems.push('the caller was reset')
  }

  #findForeignMarks (): void {
    // Exactly the own bytes are nobody else's.
    if (this.#shown.has('app-bytes') && this.#shown.has('caller-bytes')) {
      this.#shown.add('nothing-foreign')
      return
    }
    const mark = foreignMark(this.seen, this.items)
    if (mark !== undefined) this.problems.push(`bytes of the case ${mark}`)
    else this.#shown.add('nothing-foreign')
  }
}

function differAt (a: Buffer, b: Buffer): number {
  let at = 0
  while (at < Math.min(a.length, b.length) && a[at] === b[at]) at++
  return at
}
