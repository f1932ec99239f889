import { FieldTable } from './field-table.ts'
import type { Field } from './fields.ts'
import { declaredFraming, NO_BODY, type Framing } from './framing.ts'
import { RequestLine } from './request-line.ts'
import { MALFORMED, MAX_HEAD_BYTES, PARTIAL } from './syntax.ts'

/** Why a connection is passed byte by byte from here on. */
export type OpaqueReason = 'not-http' | 'head-malformed' | 'framing-ambiguous' | 'head-too-long' | 'chunk-malformed'

// One of each for all heads: reading makes nothing but the head itself.
const LINE = new RequestLine()
const FIELDS = new FieldTable()

/**
 * A request head that every server reads alike. What it says of itself stays; `target` and whatever is said of lines
 * look at the bytes and the table of the last head that was read, so they may be asked only until the next one is.
 */
export class RequestHead {
  readonly method: string
  readonly version: '1.0' | '1.1'
  readonly framing: Framing
  readonly keepAlive: boolean
  readonly upgrade: boolean
  readonly expectContinue: boolean
  /** Index in the input of the first byte behind the head. */
  readonly next: number
  readonly #bytes: Buffer
  readonly #targetFrom: number
  readonly #targetTo: number

  constructor (bytes: Buffer, from: number, next: number, framing: Framing) {
    this.method = methodOf(bytes, from, LINE.methodTo)
    this.version = LINE.isVersion11 ? '1.1' : '1.0'
    this.framing = framing
    this.keepAlive = LINE.isVersion11 ? !FIELDS.connectionClose : FIELDS.connectionKeepAlive
    this.upgrade = FIELDS.connectionUpgrade && FIELDS.hasUpgrade
    this.expectContinue = FIELDS.expectContinue
    this.next = next
    this.#bytes = bytes
    this.#targetFrom = LINE.methodTo + 1
    this.#targetTo = LINE.targetTo
  }

  /** The request target as sent, query included, latin1. */
  get target (): string {
    return this.#bytes.toString('latin1', this.#targetFrom, this.#targetTo)
  }

  /** Whether it carries the routing header; also where `Connection` names it. */
  get hasRoutingHeader (): boolean {
    return FIELDS.hasRoutingHeader
  }

  /** Whether `Connection` names a field (name in lower case). */
  isHopByHop (name: string): boolean {
    return FIELDS.isHopByHop(name)
  }

  /** Index in the input after the value of the last line with this name (lower case); -1 where there is none. */
  lastValueEnd (name: string): number {
    return FIELDS.lastValueEnd(name)
  }

  /** Where that value begins; -1 where there is no such line. */
  lastValueStart (name: string): number {
    return FIELDS.lastValueStart(name)
  }

  /** All header lines, those that `Connection` names too: what a head that is written anew is made of. */
  get fields (): readonly Field[] {
    return FIELDS.fields()
  }

  /** How many header lines it has. */
  get fieldCount (): number {
    return FIELDS.count
  }

  /** The values of all lines of one field (name in lower case), latin1; none where `Connection` names it. */
  values (name: string): readonly string[] {
    return FIELDS.values(name)
  }
}

/**
 * Reads a request head, start line to empty line. Strict on purpose: what is not exactly in the grammar of RFC 9112
 * goes to the app as it is, so a smuggling attempt can at worst fail to be diverted.
 *
 * @returns the head; 'partial' when its end is not there yet; or why it is none, as early as that can be said.
 */
export function readRequestHead (bytes: Buffer, from: number, to: number): RequestHead | OpaqueReason | 'partial' {
  const lineEnd = LINE.scan(bytes, from, to)
  if (lineEnd === MALFORMED) return 'not-http'
  if (lineEnd === PARTIAL) return tooLong(from, to) ?? 'partial'
  const end = FIELDS.scan(bytes, lineEnd, to)
  if (end === MALFORMED) return 'head-malformed'
  if (end === PARTIAL) return tooLong(from, to) ?? 'partial'
  if (end - from > MAX_HEAD_BYTES) return 'head-too-long'
  if (LINE.isVersion11 ? FIELDS.hosts !== 1 : FIELDS.hosts > 1) return 'head-malformed'
  const framing = requestFraming()
  if (framing === undefined) return 'framing-ambiguous'
  return new RequestHead(bytes, from, end, framing)
}

/** Reads a head again that was read before. */
export function rereadHead (bytes: Buffer): RequestHead {
  const head = readRequestHead(bytes, 0, bytes.length)
  if (typeof head === 'string') throw new Error(`a head that was read is ${head} now`)
  return head
}

/** Whether the first bytes of a head can still become a request line. */
export function mayBecomeRequest (bytes: Buffer): boolean {
  return LINE.scan(bytes, 0, bytes.length) !== MALFORMED
}

function tooLong (from: number, to: number): OpaqueReason | undefined {
  return to - from > MAX_HEAD_BYTES ? 'head-too-long' : undefined
}

function requestFraming (): Framing | undefined {
  const declared = declaredFraming(FIELDS)
  if (declared === 'absent') return NO_BODY
  // A chunked HTTP/1.0 request is read differently by different servers (RFC 9112, 6.1).
  if (declared?.kind === 'chunked' && !LINE.isVersion11) return undefined
  return declared
}

const COMMON_METHODS = ['GET', 'PUT', 'POST', 'HEAD', 'PATCH', 'DELETE', 'OPTIONS', 'CONNECT']

// Most methods are one of a few, and a text that exists already costs nothing.
function methodOf (bytes: Buffer, from: number, to: number): string {
  for (const method of COMMON_METHODS) {
    if (to - from === method.length && equals(bytes, from, method)) return method
  }
  return bytes.toString('latin1', from, to)
}

function equals (bytes: Buffer, from: number, text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    if (bytes[from + at] !== text.charCodeAt(at)) return false
  }
  return true
}
