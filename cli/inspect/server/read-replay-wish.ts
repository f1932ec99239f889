import { WaylayError } from '../../../common/errors.ts'
import type { ReplayWish } from '../view-types.ts'

/** @throws {WaylayError} `WAYLAY_USAGE` when it is not what the page sends. */
export function readReplayWish (value: unknown): ReplayWish {
  if (typeof value !== 'object' || value === null) throw malformed('it is no object')
  const { method, target, headers, body } = value as Record<string, unknown>
  return {
    ...(method !== undefined && { method: readText(method, 'method') }),
    ...(target !== undefined && { target: readText(target, 'target') }),
    ...(headers !== undefined && { headers: readHeaders(headers) }),
    ...(body !== undefined && { body: readBody(body) })
  }
}

function readHeaders (value: unknown): NonNullable<ReplayWish['headers']> {
  if (!Array.isArray(value)) throw malformed('headers is no list')
  return value.map((pair: unknown) => {
    if (!Array.isArray(pair) || pair.length !== 2) throw malformed('a header is no pair')
    return [readText(pair[0], 'a header\'s name'), readText(pair[1], 'a header\'s value')]
  })
}

function readBody (value: unknown): NonNullable<ReplayWish['body']> {
  const { text, base64 } = (typeof value === 'object' ? value ?? {} : {}) as Record<string, unknown>
  if (text !== undefined) return { text: readText(text, 'body.text') }
  return { base64: readText(base64, 'body.base64') }
}

function readText (value: unknown, name: string): string {
  if (typeof value !== 'string') throw malformed(`${name} is no text`)
  return value
}

function malformed (why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `The wish for a replay cannot be read: ${why}`)
}
