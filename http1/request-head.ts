import { listMembers, parseFields, type Field } from './fields.ts'
import { declaredFraming, type Framing } from './framing.ts'
import { CR, IS_TOKEN, LF, MAX_METHOD_BYTES, SP } from './syntax.ts'

/** A request head that every server reads alike. */
export type RequestHead = {
  readonly method: string
  /** The request target as sent, query included. */
  readonly path: string
  readonly version: '1.0' | '1.1'
  readonly fields: readonly Field[]
  readonly framing: Framing
  /** Names in Connection, lower case: hop-by-hop, so a routing header among them does not count. */
  readonly connection: readonly string[]
  readonly keepAlive: boolean
  readonly upgrade: boolean
  readonly expectContinue: boolean
}

/** Why a connection is passed byte by byte from here on. */
export type OpaqueReason = 'not-http' | 'head-malformed' | 'framing-ambiguous' | 'head-too-long' | 'chunk-malformed'

/**
 * Reads one complete request head, start line to empty line. Strict on purpose: what is not exactly in the grammar of
 * RFC 9112 goes to the app as it is, so a smuggling attempt can at worst fail to be diverted.
 */
export function parseRequestHead (bytes: Buffer): RequestHead | OpaqueReason {
  const text = bytes.toString('latin1')
  const lineEnd = text.indexOf('\r\n')
  const line = parseRequestLine(text.slice(0, lineEnd))
  if (line === undefined) return 'not-http'
  const fields = parseFields(text.slice(lineEnd + 2, text.length - 2))
  if (fields === undefined) return 'head-malformed'
  if (!hasOneHost(fields, line.version)) return 'head-malformed'
  const framing = requestFraming(fields, line.version)
  if (framing === undefined) return 'framing-ambiguous'
  const connection = listMembers(fields, 'connection').map(name => name.toLowerCase())
  return {
    ...line,
    fields,
    framing,
    connection,
    keepAlive: line.version === '1.1' ? !connection.includes('close') : connection.includes('keep-alive'),
    upgrade: connection.includes('upgrade') && fields.some(([name]) => name === 'upgrade'),
    expectContinue: fields.some(([name, value]) => name === 'expect' && value.toLowerCase() === '100-continue')
  }
}

/**
 * Whether the first bytes of a head can still become a request line. Answers as early as it can, so that a protocol
 * that is not HTTP is never held back by us.
 */
export function mayBecomeRequest (bytes: Buffer): boolean {
  let at = 0
  while (at < bytes.length && IS_TOKEN[bytes[at] as number] === 1) at++
  if (at > MAX_METHOD_BYTES) return false
  if (at === bytes.length) return true
  if (at === 0 || bytes[at] !== SP) return false
  const lineFeed = bytes.indexOf(LF, at)
  if (lineFeed === -1) return bytes.indexOf(0, at) === -1
  return bytes[lineFeed - 1] === CR && parseRequestLine(bytes.toString('latin1', 0, lineFeed - 1)) !== undefined
}

type RequestLine = Pick<RequestHead, 'method' | 'path' | 'version'>

// One SP on each side of the target; no control character or space in it.
const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]{1,32}) ([!-~\u0080-\u00ff]+) HTTP\/(1\.[01])$/

function parseRequestLine (line: string): RequestLine | undefined {
  const [, method, path, version] = REQUEST_LINE.exec(line) ?? []
  if (method === undefined || path === undefined) return undefined
  return { method, path, version: version === '1.1' ? '1.1' : '1.0' }
}

function hasOneHost (fields: readonly Field[], version: '1.0' | '1.1'): boolean {
  const hosts = fields.reduce((count, [name]) => name === 'host' ? count + 1 : count, 0)
  return version === '1.1' ? hosts === 1 : hosts <= 1
}

function requestFraming (fields: readonly Field[], version: '1.0' | '1.1'): Framing | undefined {
  const declared = declaredFraming(fields)
  if (declared === 'absent') return { kind: 'none' }
  // A chunked HTTP/1.0 request is read differently by different servers (RFC 9112, 6.1).
  if (declared?.kind === 'chunked' && version === '1.0') return undefined
  return declared
}
