import { DIVERTED_TO_HEADER } from '../common/contract.ts'
import type { Field } from './fields.ts'
import type { RequestHead } from './request-head.ts'
import { isInterim, type ResponseHead } from './response-head.ts'

/** How a diverted response's body reaches the caller. */
export type BodyMode = 'as-it-is' | 'chunk-it' | 'unchunk-it'

export type Reframed = {
  readonly head: Buffer
  readonly body: BodyMode
  /** Whether the caller's connection ends after this response. */
  readonly closes: boolean
}

/** What of the request decides how its caller can be answered. */
export type Asked = Pick<RequestHead, 'version' | 'keepAlive'>

export type ReframeOptions = {
  readonly intercept: string
  /** The header (or `baggage`) that chose this response: caches must keep it apart. Undefined for a global one. */
  readonly varyBy: string | undefined
}

// Hop-by-hop, and what would let a cache between us and the caller hand this response to somebody else.
const REMOVED = new Set(['connection', 'keep-alive', 'proxy-connection'])
const CHUNK_HEADERS = new Set(['transfer-encoding', 'trailer'])
const CACHE_HEADERS = new Set(['cache-control', 'expires', 'x-accel-expires', 'surrogate-control', 'cdn-cache-control'])

/**
 * Writes a developer's response head anew, because the caller's connection may be an ingress's pool shared by many: it
 * must stay open and stay in step whatever the developer's program does with its own connection.
 */
export function reframeResponse (response: ResponseHead, request: Asked, options: ReframeOptions): Reframed {
  const upgrades = response.status === 101 || response.status === 426
  const interim = isInterim(response.status)
  const untilClose = response.framing.kind === 'until-close'
  const chunkIt = untilClose && request.version === '1.1'
  // RFC 9112, 6.1: such a caller does not know chunks.
  const unchunkIt = response.framing.kind === 'chunked' && request.version === '1.0'
  const lastOnConnection = request.version === '1.0' || !request.keepAlive
  const closes = !interim && response.status !== 101 && (lastOnConnection || (untilClose && !chunkIt))
  const fields = response.fields.filter(([name]) => {
    return !REMOVED.has(name) && !CACHE_HEADERS.has(name) && !(unchunkIt && CHUNK_HEADERS.has(name))
  })
  const own: Field[] = interim ? [] : ownFields(options)
  const says = [...upgrades ? ['Upgrade'] : [], ...closes ? ['close'] : []]
  const connection: Field[] = says.length === 0 ? [] : [['Connection', says.join(', ')]]
  const coding: Field[] = chunkIt ? [['Transfer-Encoding', 'chunked']] : []
  const lines = [...fields, ...own, ...connection, ...coding].map(writeField)
  const head = `HTTP/1.1 ${response.status} ${response.reason}\r\n${lines.join('')}\r\n`
  const body = chunkIt ? 'chunk-it' : unchunkIt ? 'unchunk-it' : 'as-it-is'
  return { head: Buffer.from(head, 'latin1'), body, closes }
}

function writeField ([name, value, sentName]: Field): string {
  return `${sentName ?? name}: ${value}\r\n`
}

/** One piece of a body as one chunk. An empty piece gives nothing: an empty chunk would end the body. */
export function writeChunk (piece: Buffer): Buffer {
  if (piece.length === 0) return piece
  return Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`, 'latin1'), piece, CRLF])
}

export const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1')
const CRLF = Buffer.from('\r\n', 'latin1')

function ownFields ({ intercept, varyBy }: ReframeOptions): Field[] {
  const fields: Field[] = [[DIVERTED_TO_HEADER, intercept], ['Cache-Control', 'private, no-store']]
  // A second Vary line is added up with the first (RFC 9110, 5.3).
  if (varyBy !== undefined) fields.push(['Vary', varyBy])
  return fields
}
