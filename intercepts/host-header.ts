import { WaylayError } from '../common/errors.ts'
import { refusedText } from './refused-text.ts'

/** A DNS name has at most 253 characters, a port five. */
const MAX_LENGTH = 259
// RFC 3986, 3.2.2 without the characters that nobody's host has: a name or IPv4 address, or IPv6 in brackets.
const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9.])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/

/**
 * Reads the value that is written over `Host` and `:authority` of diverted requests, on both sides of the tunnel: what
 * is more than a host and a port could begin another header line.
 *
 * @throws {WaylayError} `WAYLAY_HEADER_MALFORMED` with the text as given.
 */
export function readHostHeader (text: string): string {
  if (text.length <= MAX_LENGTH && HOST.test(text)) return text
  throw new WaylayError('WAYLAY_HEADER_MALFORMED', `Cannot use "${refusedText(text)}" as Host: it is not a host with or without a port`,
    { hint: 'Write it as your program expects it, for example --host-header localhost:3000' })
}
