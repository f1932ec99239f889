import { FieldTable } from './field-table.ts'
import type { Field } from './fields.ts'
import { declaredFraming, NO_BODY, UNTIL_CLOSE, type Framing } from './framing.ts'
import { StatusLine } from './status-line.ts'
import { MALFORMED, MAX_HEAD_BYTES, PARTIAL } from './syntax.ts'

/** What of the request decides how its response is framed (RFC 9112, 6.3). */
export type ResponseContext = {
  readonly method: string
}

// One of each for all heads: reading makes nothing but the head itself.
const LINE = new StatusLine()
const FIELDS = new FieldTable()

/**
 * A response head. What it says of itself stays; `reason` and `fields` look at the bytes and the table of the last head
 * that was read, so they may be asked only until the next one is.
 */
export class ResponseHead {
  readonly status: number
  readonly framing: Framing
  /** Whether the sender means to close after it. */
  readonly closes: boolean
  /** Index in the input of the first byte behind the head. */
  readonly next: number
  readonly #bytes: Buffer

  constructor (bytes: Buffer, next: number, framing: Framing) {
    this.status = LINE.status
    this.framing = framing
    this.closes = framing.kind === 'until-close' ||
      (LINE.isVersion11 ? FIELDS.connectionClose : !FIELDS.connectionKeepAlive)
    this.next = next
    this.#bytes = bytes
  }

  /** Reason phrase, latin1; may be empty. */
  get reason (): string {
    return this.#bytes.toString('latin1', LINE.reasonFrom, LINE.reasonTo)
  }

  get fields (): readonly Field[] {
    return FIELDS.fields()
  }
}

/** Reads one response head; 'partial' when its end is not there yet, 'malformed' when it is not exactly one. */
export function readResponseHead (
  bytes: Buffer, from: number, to: number, context: ResponseContext
): ResponseHead | 'partial' | 'malformed' {
  const lineEnd = LINE.scan(bytes, from, to)
  if (lineEnd === MALFORMED) return 'malformed'
  const end = lineEnd === PARTIAL ? PARTIAL : FIELDS.scan(bytes, lineEnd, to)
  if (end === MALFORMED || (end === PARTIAL ? to : end) - from > MAX_HEAD_BYTES) return 'malformed'
  if (end === PARTIAL) return 'partial'
  const framing = responseFraming(LINE.status, context)
  return framing === undefined ? 'malformed' : new ResponseHead(bytes, end, framing)
}

/** Whether the first bytes of a head can still become a status line. */
export function mayBecomeResponse (bytes: Buffer): boolean {
  return LINE.scan(bytes, 0, bytes.length) !== MALFORMED
}

/** Whether more responses to the same request follow: 1xx but 101, which ends HTTP on this connection. */
export function isInterim (status: number): boolean {
  return status < 200 && status !== 101
}

/** Whether the connection stops being HTTP after this response. */
export function endsHttp (status: number, context: ResponseContext): boolean {
  return status === 101 || (context.method === 'CONNECT' && status >= 200 && status < 300)
}

function responseFraming (status: number, context: ResponseContext): Framing | undefined {
  if (endsHttp(status, context)) return NO_BODY
  const declared = declaredFraming(FIELDS)
  if (status < 200 || status === 204 || status === 304 || context.method === 'HEAD') return NO_BODY
  return declared === 'absent' ? UNTIL_CLOSE : declared
}
