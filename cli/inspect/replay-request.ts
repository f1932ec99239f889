import { WaylayError } from '../../common/errors.ts'
import type { Field } from '../../http1/fields.ts'
import type { Exchange } from './exchange.ts'
import { MASK, unmaskTarget } from './mask.ts'
import type { ReplayWish } from './view-types.ts'

/** A request as it is to be sent. */
export type ReplayRequest = {
  readonly method: string
  readonly target: string
  /** Without those that say how long the body is. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: Buffer
}

// RFC 9110, 5.6.2 and 5.5; a target is what may stand in a request line.
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
// eslint-disable-next-line no-control-regex -- control characters are what may not stand there
const TARGET = /^(?:[/*]|https?:)[^\u0000-\u0020\u007f\u0100-\uffff]*$/
// eslint-disable-next-line no-control-regex -- the same
const VALUE = /^[^\u0000\r\n\u0100-\u{10ffff}]*$/u
const OWN_FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'expect', 'upgrade', 'trailer'])

/**
 * The request that passed, with what was edited.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` when it cannot be sent as it is wished.
 */
export function requestOf (original: Exchange, wish: ReplayWish): ReplayRequest {
  if (original.kind === 'tcp' || original.kind === 'websocket') {
    throw new WaylayError('WAYLAY_USAGE', 'Only a request with one response can be replayed',
      { hint: 'Make the connection again from its caller.' })
  }
  const method = wish.method ?? original.method
  const target = unmaskTarget(wish.target ?? original.target, original.target)
  if (!TOKEN.test(method)) throw badWish(`"${method}" is no method`)
  if (!TARGET.test(target)) throw badWish('the path has to begin with "/", and what is no ASCII in it has to be percent-encoded')
  const headers = wish.headers === undefined ? sentHeaders(original) : unmaskHeaders(wish.headers, original)
  for (const [name, value] of headers) {
    if (!TOKEN.test(name)) throw badWish(`"${name}" is no name of a header`)
    if (!VALUE.test(value)) throw badWish(`the value of "${name}" holds what no header may hold`)
  }
  // What somebody wrote is not packed, whatever the original was.
  const isWritten = wish.body !== undefined && 'text' in wish.body
  const kept = headers.filter(([name]) =>
    !OWN_FRAMING.has(name.toLowerCase()) && !(isWritten && name.toLowerCase() === 'content-encoding'))
  return { method, target, headers: kept, body: bodyOf(original, wish) }
}

function bodyOf ({ requestBody: { bytes, isCut, totalBytes } }: Exchange, { body }: ReplayWish): Buffer {
  if (body !== undefined) return 'text' in body ? Buffer.from(body.text) : Buffer.from(body.base64, 'base64')
  if (!isCut) return Buffer.from(bytes)
  throw new WaylayError('WAYLAY_USAGE', `Only ${bytes.length} of the body's ${totalBytes} bytes were kept`,
    { hint: 'Edit the body, then send that.' })
}

function sentHeaders ({ requestHeaders }: Exchange): ReplayRequest['headers'] {
  return requestHeaders.map(([name, value, sentName]) => [sentName ?? name, value])
}

/** A value that was hidden while the others were edited is the one that was there: the first with that name first. */
function unmaskHeaders (edited: NonNullable<ReplayWish['headers']>, { requestHeaders }: Exchange): ReplayRequest['headers'] {
  const left: Field[] = [...requestHeaders]
  return edited.map(([name, value]) => {
    const at = left.findIndex(([known]) => known === name.toLowerCase())
    const [original] = at === -1 ? [] : left.splice(at, 1)
    return [name, value === MASK && original !== undefined ? original[1] : value]
  })
}

export function badWish (why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `This cannot be sent: ${why}`, { hint: 'Change it and send it again.' })
}
