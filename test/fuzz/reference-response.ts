import { readChunkedBody } from './reference-chunked.ts'
import { parseFieldLines, valuesOf, wordsOf, type ReferenceField } from './reference-fields.ts'

/** A response as a strict caller reads it. */
export type ReferenceResponse = {
  readonly status: number
  readonly reason: string
  readonly fields: readonly ReferenceField[]
  readonly content: Buffer
  /** Index behind it. */
  readonly end: number
  /** Whether nothing follows it on its connection. */
  readonly closes: boolean
}

/**
 * Reads one response (RFC 9112, 6.3), with no leniency at all: a caller must not have to guess.
 *
 * @param ended whether nothing more will come, so that a body may end with the connection.
 * @returns `partial`, or what is wrong with it.
 */
export function readReferenceResponse (bytes: Buffer, at: number, method: string, ended: boolean):
  ReferenceResponse | { readonly problem: string } {
  const endOfHead = bytes.indexOf('\r\n\r\n', at, 'latin1')
  if (endOfHead === -1) return { problem: 'partial' }
  const [first = '', ...lines] = bytes.toString('latin1', at, endOfHead).split('\r\n')
  const [, code, reason = ''] = /^HTTP\/1\.1 ([1-9][0-9]{2}) ([^\r\n\0]*)$/.exec(first) ?? []
  const parsed = parseFieldLines(lines)
  if (code === undefined || parsed === undefined) return { problem: `its head is malformed: ${first}` }
  const { fields } = parsed
  const status = Number(code)
  const body = readBody({ bytes, at: endOfHead + 4, fields, method, status, ended })
  if ('problem' in body) return body
  return { status, reason, fields, ...body, closes: body.closes || wordsOf(fields, 'connection').includes('close') }
}

type BodyPlace = {
  readonly bytes: Buffer
  readonly at: number
  readonly fields: readonly ReferenceField[]
  readonly method: string
  readonly status: number
  readonly ended: boolean
}

function readBody ({ bytes, at, fields, method, status, ended }: BodyPlace):
  Pick<ReferenceResponse, 'content' | 'end' | 'closes'> | { readonly problem: string } {
  const lengths = valuesOf(fields, 'content-length')
  const codings = valuesOf(fields, 'transfer-encoding')
  if (lengths.length + codings.length > 1) return { problem: 'its length is ambiguous' }
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304 ||
    (method === 'CONNECT' && status < 300)
  if (bodiless) return { content: Buffer.alloc(0), end: at, closes: false }
  if (codings.length === 1) {
    if (codings[0] !== 'chunked') return { problem: 'its coding is not chunked' }
    const { content, end, state, doubt } = readChunkedBody(bytes, at)
    if (doubt) return { problem: 'its chunks can be read in two ways' }
    return state === 'complete' ? { content, end, closes: false } : { problem: state }
  }
  const [length] = lengths
  if (length === undefined) {
    return ended ? { content: bytes.subarray(at), end: bytes.length, closes: true } : { problem: 'partial' }
  }
  if (!/^[0-9]{1,15}$/.test(length)) return { problem: 'its length is no number' }
  const end = at + Number(length)
  return end > bytes.length ? { problem: 'partial' } : { content: bytes.subarray(at, end), end, closes: false }
}
