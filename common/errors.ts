import { FAILURES, type WaylayCode } from './failures.ts'

/** A failure with a stable `code`. Compare codes, never messages: messages may be reworded in any release. */
export class WaylayError extends Error {
  override readonly name = 'WaylayError'
  readonly code: WaylayCode
  /** What to type or change next. The table's hint, unless the thrower knew better. */
  readonly hint: string

  constructor (code: WaylayCode, message: string, options?: ErrorOptions & { readonly hint?: string }) {
    super(message, options)
    this.code = code
    this.hint = options?.hint ?? FAILURES[code].hint
  }
}

/** Keeps our own errors as they are; anything foreign becomes WAYLAY_INTERNAL with the original as `cause`. */
export function toWaylayError (error: unknown): WaylayError {
  if (error instanceof WaylayError) return error
  const text = error instanceof Error ? error.message : String(error)
  return new WaylayError('WAYLAY_INTERNAL', `Unexpected failure: ${text}`, { cause: error })
}
