import { FAILURE_POLICY, writeFailure } from '../../browse/failure-page.ts'
import type { Field } from '../../browse/fields.ts'
import { ERROR_HEADER } from '../../common/contract.ts'
import type { WaylayError } from '../../common/errors.ts'
import { FAILURES } from '../../common/failures.ts'

export type FailureAnswer = { readonly status: number, readonly fields: readonly Field[], readonly body: Buffer }

/** What the caller gets instead of the app's answer. @param accept of the request. */
export function answerFailure ({ code, message, hint }: WaylayError, accept: string): FailureAnswer {
  const failure = FAILURES[code]
  const status = 'status' in failure ? failure.status : code === 'WAYLAY_REACH_REFUSED' ? 503 : 502
  const { contentType, body } = writeFailure({ status, code, message, hint }, accept)
  return {
    status,
    body,
    fields: [
      ['content-type', contentType],
      ['content-length', String(body.length)],
      ['cache-control', 'no-store'],
      ['content-security-policy', FAILURE_POLICY],
      [ERROR_HEADER, code]
    ]
  }
}
