import { trimOws, type Field } from '../../../http1/fields.ts'

/** What ends a chunked body after its data: `CRLF 0;ext CRLF`, then a line for each trailer, then an empty one. */
const LAST_CHUNK = /^(?:\r\n)?[0-9a-f]+[^\r\n]*\r\n/i

/** The trailers of a chunked body (RFC 9112, 7.1.2). @param end of the body, latin1, from its last data on. */
export function readTrailers (end: string): readonly Field[] {
  return end.replace(LAST_CHUNK, '').split('\r\n').flatMap((line): readonly Field[] => {
    const at = line.indexOf(':')
    const name = line.slice(0, Math.max(0, at))
    return name === '' ? [] : [[name.toLowerCase(), trimOws(line.slice(at + 1)), name]]
  })
}
