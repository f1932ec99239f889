/**
 * A slow, obvious reading of what a caller sent, written from the design's grammar and RFC 9112 and from nothing in
 * http1/. Where the design leaves something open, `doubt` says so: then both answers are right.
 */
import { readChunkedBody } from './reference-chunked.ts'
import { parseFieldLines, valuesOf, type ReferenceField } from './reference-fields.ts'

export type ReferenceRequest = {
  /** Offsets into the stream: of the head, of the body, and behind it. */
  readonly start: number
  readonly headEnd: number
  readonly end: number
  readonly method: string
  readonly target: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly ReferenceField[]
  readonly body: 'none' | 'length' | 'chunked'
  /** The body without its framing, as far as it came. */
  readonly content: Buffer
  /** Whether the whole body came. */
  readonly complete: boolean
  /** Whether the design leaves open if the head is one of HTTP/1.x. */
  readonly headDoubt: boolean
  /** Whether it leaves open where the body ends. */
  readonly bodyDoubt: boolean
}

export type ReferenceStream = {
  readonly requests: readonly ReferenceRequest[]
  /** What is behind the last of them: nothing, the begin of one, or something else. */
  readonly rest: 'nothing' | 'partial' | 'malformed'
  /** Where the rest begins; in a body that is malformed, that of its request. */
  readonly restAt: number
}

export const MAX_HEAD_BYTES = 64 * 1024
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([^\x00-\x20\x7f]+) HTTP\/1\.([01])$/ // eslint-disable-line no-control-regex

/** Reads a whole stream. @param from where the first request begins. */
export function readReferenceRequests (stream: Buffer, from = 0): ReferenceStream {
  const requests: ReferenceRequest[] = []
  let at = from
  while (at < stream.length) {
    const endOfHead = stream.indexOf('\r\n\r\n', at, 'latin1')
    if (endOfHead === -1) return { requests, rest: judgePartialHead(stream.subarray(at)), restAt: at }
    const headEnd = endOfHead + 4
    const head = headEnd - at > MAX_HEAD_BYTES ? undefined : readHead(stream.toString('latin1', at, endOfHead))
    if (head === undefined) return { requests, rest: 'malformed', restAt: at }
    const body = readBody(head, stream, headEnd)
    requests.push({ ...head.facts, ...body.facts, start: at, headEnd, end: body.end })
    if (body.malformed) return { requests, rest: 'malformed', restAt: at }
    if (!body.facts.complete) return { requests, rest: 'partial', restAt: stream.length }
    at = body.end
  }
  return { requests, rest: 'nothing', restAt: at }
}

type Head = {
  readonly facts: Pick<ReferenceRequest, 'method' | 'target' | 'version' | 'fields' | 'body' | 'headDoubt'>
  /** Of the body, where it is declared. */
  readonly length: number
}

/** @param text the head without the empty line that ends it. Undefined where it is no head that may be diverted. */
function readHead (text: string): Head | undefined {
  const [first = '', ...lines] = text.split('\r\n')
  const [, method, target, minor] = REQUEST_LINE.exec(first) ?? []
  if (method === undefined || target === undefined) return undefined
  const parsed = parseFieldLines(lines)
  if (parsed === undefined) return undefined
  const version = minor === '0' ? '1.0' : '1.1'
  const hosts = valuesOf(parsed.fields, 'host').length
  if (hosts > 1 || (version === '1.1' && hosts === 0)) return undefined
  const framing = readFraming(parsed.fields, version)
  if (framing === undefined) return undefined
  const headDoubt = parsed.doubt || framing.doubt
  const facts = { method, target, version, fields: parsed.fields, headDoubt, body: framing.body } as const
  return { facts, length: framing.length }
}

type Framing = { readonly body: ReferenceRequest['body'], readonly length: number, readonly doubt: boolean }

function readFraming (fields: readonly ReferenceField[], version: string): Framing | undefined {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length > 1 || codings.length > 1 || (lengths.length > 0 && codings.length > 0)) return undefined
  const [length] = lengths
  const [coding] = codings
  if (coding !== undefined) {
    if (coding.toLowerCase() !== 'chunked' || version === '1.0') return undefined
    // RFC 9112, 7: names of codings are case-insensitive. The design says "equal to".
    return { body: 'chunked', length: 0, doubt: coding !== 'chunked' }
  }
  if (length === undefined) return { body: 'none', length: 0, doubt: false }
  if (!/^[0-9]{1,15}$/.test(length)) return undefined
  return { body: Number(length) === 0 ? 'none' : 'length', length: Number(length), doubt: false }
}

function readBody (head: Head, stream: Buffer, at: number): {
  readonly facts: Pick<ReferenceRequest, 'content' | 'complete' | 'bodyDoubt'>
  readonly end: number
  readonly malformed: boolean
} {
  if (head.facts.body === 'chunked') {
    const { content, end, state, doubt } = readChunkedBody(stream, at)
    return {
      facts: { content, complete: state === 'complete', bodyDoubt: doubt },
      end: state === 'complete' ? end : stream.length,
      malformed: state === 'malformed'
    }
  }
  const end = Math.min(stream.length, at + head.length)
  const facts = { content: stream.subarray(at, end), complete: end === at + head.length, bodyDoubt: false }
  return { facts, end, malformed: false }
}

// Only whether it can still become a head; what it cannot become goes to the app either way.
function judgePartialHead (bytes: Buffer): 'partial' | 'malformed' {
  if (bytes.length > MAX_HEAD_BYTES) return 'malformed'
  const text = bytes.toString('latin1').replace(/\r$/, '')
  return /\0|\r(?!\n)|(?<!\r)\n/.test(text) ? 'malformed' : 'partial'
}
