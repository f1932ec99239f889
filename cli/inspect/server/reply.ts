import type { IncomingMessage, ServerResponse } from 'node:http'
import { WaylayError } from '../../../common/errors.ts'

/** An edited body: 1 MiB as it unfolds at most, then in lines with blanks before them, and as text in JSON. */
const MAX_WISH_BYTES = 8 * 1024 * 1024

/** On every answer: nothing from elsewhere is loaded, nothing is kept, nobody may frame it. */
export const SAFE_HEADERS = {
  'content-security-policy': 'default-src \'self\'; img-src \'self\' blob:; base-uri \'none\'; form-action \'none\'; frame-ancestors \'none\'',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store'
} as const

export function sendJson (response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json; charset=utf-8', JSON.stringify(value))
}

export function send (
  response: ServerResponse, status: number, contentType: string, body: string,
  headers: Readonly<Record<string, string>> = {}
): void {
  response.writeHead(status, { ...SAFE_HEADERS, 'content-type': contentType, ...headers }).end(body)
}

/** @throws {WaylayError} `WAYLAY_USAGE` when it is too long, or no JSON. */
export async function readJson (request: IncomingMessage): Promise<unknown> {
  const pieces: Buffer[] = []
  let length = 0
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length
    if (length > MAX_WISH_BYTES) throw new WaylayError('WAYLAY_USAGE', 'The request is larger than 8 MiB', { hint: 'Write a shorter body.' })
    pieces.push(piece)
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'))
  } catch (error) {
    throw new WaylayError('WAYLAY_USAGE', 'The request is no JSON', { cause: error })
  }
}
