import { parseFieldLines } from './reference-fields.ts'

export type ReferenceChunkedBody = {
  readonly content: Buffer
  readonly end: number
  readonly state: 'complete' | 'partial' | 'malformed'
  /** Whether the grammar leaves open what this is. */
  readonly doubt: boolean
}

/** Long extensions and trailers may be refused; nothing says from which length on. */
const SURELY_ALLOWED_BYTES = 4096

/** Reads a chunked body (RFC 9112, 7.1): sizes of 1 to 15 hexadecimal digits below 2^53, every line ended by CRLF. */
export function readChunkedBody (stream: Buffer, from: number): ReferenceChunkedBody {
  const pieces: Buffer[] = []
  let doubt = false
  let at = from
  const over = (state: ReferenceChunkedBody['state']): ReferenceChunkedBody =>
    ({ content: Buffer.concat(pieces), end: at, state, doubt })
  for (;;) {
    const line = readLine(stream, at)
    if (line === 'partial') {
      const [, digits = '', more = ''] = /^([0-9A-Fa-f]*)(.*?)\r?$/s.exec(stream.toString('latin1', at)) ?? []
      if (more !== '' && isDoubtful(more)) doubt = true
      return over(mayBecomeSize(digits, more) ? 'partial' : 'malformed')
    }
    if (line === 'malformed') return over(line)
    const [, digits, extension = ''] = /^([0-9A-Fa-f]{1,15})([^0-9A-Fa-f].*)?$/s.exec(line.text) ?? []
    if (digits === undefined || !/^([ \t]*;.*|[ \t]*)$/s.test(extension)) return over('malformed')
    if (extension !== '' && isDoubtful(extension)) doubt = true
    const size = Number.parseInt(digits, 16)
    if (size >= 2 ** 53) return over('malformed')
    at = line.end
    if (size === 0) break
    const end = at + size
    pieces.push(stream.subarray(at, Math.min(end, stream.length)))
    if (stream.length < end) return over('partial')
    const ended = stream.toString('latin1', end, end + 2)
    if (ended !== '\r\n') return over('\r\n'.startsWith(ended) ? 'partial' : 'malformed')
    at = end + 2
  }
  const trailersAt = at
  for (;;) {
    const line = readLine(stream, at)
    if (typeof line === 'string') return over(line)
    at = line.end
    if (at - trailersAt > SURELY_ALLOWED_BYTES) doubt = true
    if (line.text === '') return over('complete')
    // Trailers are forbidden to be folded like headers; what else they may be the design leaves open.
    if (parseFieldLines([line.text])?.doubt !== false) doubt = true
  }
}

// What can no longer become a size is refused before its line ends.
function mayBecomeSize (digits: string, more: string): boolean {
  return digits.length <= 15 && (more === '' || (digits !== '' && /^[ \t]*(;.*)?$/s.test(more)))
}

function isDoubtful (extension: string): boolean {
  return extension.length > SURELY_ALLOWED_BYTES || !/^;[\t\x20-\x7e]*$/.test(extension)
}

function readLine (stream: Buffer, from: number):
  { readonly text: string, readonly end: number } | 'partial' | 'malformed' {
  for (let at = from; at < stream.length; at++) {
    if (stream[at] === 10) return 'malformed'
    if (stream[at] !== 13) continue
    if (at + 1 === stream.length) return 'partial'
    return stream[at + 1] === 10 ? { text: stream.toString('latin1', from, at), end: at + 2 } : 'malformed'
  }
  return 'partial'
}
