import { ERROR_HEADER } from '../common/contract.ts'
import { FAILURES } from '../common/failures.ts'

/** The codes a caller may see. */
export type AnswerCode =
  'WAYLAY_DEVELOPER_REFUSED' | 'WAYLAY_DEVELOPER_BAD_RESPONSE' | 'WAYLAY_DEVELOPER_GONE' | 'WAYLAY_LOOP'

/** A whole response of ours: says what failed and what to do, and that the connection ends after it. */
export function writeOwnAnswer (code: AnswerCode, message: string, method: string): Buffer {
  const { status, hint } = FAILURES[code]
  const body = Buffer.from(`${JSON.stringify({ code, message, hint })}\n`)
  const head = [
    `HTTP/1.1 ${status} ${REASONS[status] ?? ''}`,
    `${ERROR_HEADER}: ${code}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Cache-Control: no-store',
    'Connection: close',
    '\r\n'
  ].join('\r\n')
  return method === 'HEAD' ? Buffer.from(head) : Buffer.concat([Buffer.from(head), body])
}

/** HTTP status of one of our answers. */
export function statusOf (code: AnswerCode): number {
  return FAILURES[code].status
}

// RFC 9110, 15.6; RFC 5842, 7.2.
const REASONS: Readonly<Record<number, string>> = {
  502: 'Bad Gateway', 503: 'Service Unavailable', 508: 'Loop Detected'
}
