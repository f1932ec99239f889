import { checkOwnAnswer, checkReframed } from './check-reframed.ts'
import type { DivertedItem } from './diverted-item.ts'
import type { Observation } from './observation.ts'
import { show, type ReceivedCursor } from './received-cursor.ts'
import { valuesOf, wordsOf } from './reference-fields.ts'
import type { ReferenceRequest, ReferenceStream } from './reference-request.ts'

const BAD = ['WAYLAY_DEVELOPER_BAD_RESPONSE']
const BROKEN = [...BAD, 'WAYLAY_DEVELOPER_GONE']
/** A request's rest beyond this may end the connection instead of being dropped; anything near it may do either. */
const SURELY_DRAINED_BYTES = 900_000

/** What a judge of the connection knows by this turn, and what the turn changes of it. */
export type JudgedConnection = {
  readonly seen: Observation
  readonly stream: Buffer
  readonly reference: ReferenceStream
  readonly cursor: ReceivedCursor
  readonly items: readonly DivertedItem[]
  readonly problems: string[]
  readonly certain: boolean
  ended: boolean
  position: number
  nextItem: number
  answeredAt: number
  sentOn (request: ReferenceRequest): Buffer
  doubt (): void
  end (): void
}

/** Follows one turn that a developer answers. Changes the state of `judge`. */
export function judgeDivertedTurn (judge: JudgedConnection, request: ReferenceRequest, item: DivertedItem): void {
  const { stream, cursor } = judge
  judge.position = request.end
  if (item.kind !== 'request') {
    checkOwnAnswer(cursor, request, [item.kind === 'gone' ? 'WAYLAY_DEVELOPER_GONE' : 'WAYLAY_DEVELOPER_REFUSED'])
    judge.end()
    return
  }
  judgeItsBytes(judge, request, item)
  const { served } = item
  const endsMalformed = !request.complete && judge.reference.rest === 'malformed'
  if (endsMalformed) {
    judge.end()
    judge.cursor.loose = true
  }
  if (served === undefined) {
    judge.end()
    if (!endsMalformed && request.complete) {
      if (judge.certain) judge.problems.push(`the developer did not get all of ${request.target}`)
    } else checkOwnAnswer(cursor, request, BAD)
    return
  }
  judge.answeredAt = served.endedAt
  switch (served.answer.effect) {
    case 'silence':
    case 'reset': return judgeSilence(judge, request, item)
    case 'malformed':
      checkOwnAnswer(cursor, request, BAD)
      judge.end()
      return
    case 'truncated':
      judge.end()
      judge.cursor.loose = true
      return
    case 'upgrade':
      checkReframed(cursor, request, served.answer, item.value)
      for (const said of judge.seen.developerSaid) {
        if (said.connection === item.connection && said.served === undefined) cursor.take(said.bytes, 'through the upgrade')
      }
      judge.position = stream.length
      judge.ended = true
      return
    case 'next':
    case 'ends':
    case 'doubt': return judgeAnswer(judge, request, item)
  }
}

function judgeItsBytes (judge: JudgedConnection, request: ReferenceRequest, item: DivertedItem): void {
  const upgraded = item.served?.answer.effect === 'upgrade'
  const behind = judge.stream.subarray(request.headEnd, upgraded ? judge.stream.length : request.end)
  const expected = Buffer.concat([judge.sentOn(request), behind])
  const whole = judge.certain && request.complete && item.served?.wasComplete === true
  const right = whole ? item.bytes.equals(expected) : expected.subarray(0, item.bytes.length).equals(item.bytes)
  if (!right) judge.problems.push(`the developer got ${show(item.bytes)} instead of ${show(expected)}`)
}

// A kept connection that the program closed is tried again, once, for what may be repeated.
function judgeSilence (judge: JudgedConnection, request: ReferenceRequest, item: DivertedItem): void {
  const next = judge.items[judge.nextItem]
  const mayRepeat = item.index > 0 && request.body === 'none' &&
    ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'].includes(request.method)
  if (mayRepeat && next !== undefined && next.value === item.value && (next.kind !== 'request' || next.head.equals(item.head))) {
    judge.nextItem++
    return judgeDivertedTurn(judge, request, next)
  }
  checkOwnAnswer(judge.cursor, request, BROKEN)
  judge.end()
}

function judgeAnswer (judge: JudgedConnection, request: ReferenceRequest, item: DivertedItem): void {
  const { served } = item
  if (served === undefined) return
  const closes = checkReframed(judge.cursor, request, served.answer, item.value)
  const mustClose = request.version === '1.0' || wordsOf(request.fields, 'connection').includes('close')
  const expects = valuesOf(request.fields, 'expect').length > 0 && request.body !== 'none'
  if (closes !== undefined && closes !== mustClose && !(closes && expects)) {
    judge.cursor.fail(`the diverted ${request.target}: the connection ${closes ? 'ends' : 'does not end'} with it`)
  }
  if (!served.wasComplete && request.end - request.headEnd > SURELY_DRAINED_BYTES) {
    judge.doubt()
  }
  if (served.answer.effect === 'doubt' && served.answer.thenEnds) judge.doubt()
  if (closes === undefined) {
    judge.doubt()
  }
  if (closes === true || mustClose) judge.end()
}
