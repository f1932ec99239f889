import { listMembers, parseFields, type Field } from './fields.ts'
import { declaredFraming, type Framing } from './framing.ts'

export type ResponseHead = {
  readonly version: '1.0' | '1.1'
  readonly status: number
  readonly reason: string
  readonly fields: readonly Field[]
  readonly framing: Framing
  /** Whether the sender means to close after it. */
  readonly closes: boolean
}

/** What of the request decides how its response is framed (RFC 9112, 6.3). */
export type ResponseContext = {
  readonly method: string
}

const STATUS_LINE = /^HTTP\/(1\.[01]) ([1-9][0-9]{2})(?: ([\t -~\u0080-\u00ff]*))?$/

/** Reads one complete response head; undefined when it is not exactly one, or its framing is ambiguous. */
export function parseResponseHead (bytes: Buffer, context: ResponseContext): ResponseHead | undefined {
  const text = bytes.toString('latin1')
  const lineEnd = text.indexOf('\r\n')
  const [, versionText, statusText, reason] = STATUS_LINE.exec(text.slice(0, lineEnd)) ?? []
  const fields = parseFields(text.slice(lineEnd + 2, text.length - 2))
  if (versionText === undefined || fields === undefined) return undefined
  const status = Number(statusText)
  const framing = responseFraming(fields, status, context)
  if (framing === undefined) return undefined
  const version = versionText === '1.1' ? '1.1' : '1.0'
  const connection = listMembers(fields, 'connection').map(name => name.toLowerCase())
  return {
    version,
    status,
    reason: reason ?? '',
    fields,
    framing,
    closes: framing.kind === 'until-close' ||
      (version === '1.1' ? connection.includes('close') : !connection.includes('keep-alive'))
  }
}

/** Whether the first bytes of a head can still become a status line. */
export function mayBecomeResponse (bytes: Buffer): boolean {
  const length = Math.min(bytes.length, PREFIX.length)
  return bytes.compare(PREFIX, 0, length, 0, length) === 0
}

const PREFIX = Buffer.from('HTTP/1.', 'latin1')

/** Whether more responses to the same request follow: 1xx but 101, which ends HTTP on this connection. */
export function isInterim (status: number): boolean {
  return status < 200 && status !== 101
}

/** Whether the connection stops being HTTP after this response. */
export function endsHttp (status: number, context: ResponseContext): boolean {
  return status === 101 || (context.method === 'CONNECT' && status >= 200 && status < 300)
}

function responseFraming (fields: readonly Field[], status: number, context: ResponseContext): Framing | undefined {
  const none: Framing = { kind: 'none' }
  if (endsHttp(status, context)) return none
  const declared = declaredFraming(fields)
  if (status < 200 || status === 204 || status === 304 || context.method === 'HEAD') return none
  return declared === 'absent' ? { kind: 'until-close' } : declared
}
