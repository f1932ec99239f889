import { ERROR_HEADER } from '../../common/contract.ts'
import { FAILURES } from '../../common/failures.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { statusOf, type AnswerCode } from '../own-answer.ts'

/** An answer of ours on one stream. Without a body END_STREAM goes with the fields. */
export type OwnResponse = { readonly status: number, readonly fields: HeaderList, readonly body: Buffer | undefined }

// What a gRPC library makes of a server that cannot be reached; 14 is UNAVAILABLE.
const GRPC_UNAVAILABLE = '14'

/**
 * Says what failed and what to do, in the way that the caller's library understands: a gRPC one reads the status in
 * fields only (gRPC over HTTP2, "Trailers-Only").
 */
export function writeOwnResponse (
  code: AnswerCode, message: string, request: { readonly method: string, readonly contentType: string }
): OwnResponse {
  const { hint } = FAILURES[code]
  const fields = new HeaderList()
  const add = (name: string, value: string): void => fields.add(name, value, false)
  if (request.contentType.startsWith('application/grpc')) {
    add(':status', '200')
    add('content-type', request.contentType)
    add('grpc-status', GRPC_UNAVAILABLE)
    add('grpc-message', percentEncode(`${code}: ${message}. ${hint}`))
    add(ERROR_HEADER, code)
    add('cache-control', 'no-store')
    return { status: 200, fields, body: undefined }
  }
  const body = Buffer.from(`${JSON.stringify({ code, message, hint })}\n`)
  const status = statusOf(code)
  add(':status', String(status))
  add(ERROR_HEADER, code)
  add('content-type', 'application/json')
  add('content-length', String(body.length))
  add('cache-control', 'no-store')
  return { status, fields, body: request.method === 'HEAD' ? undefined : body }
}

// Printable ASCII but "%" stays (gRPC over HTTP2, "Status-Message").
function percentEncode (text: string): string {
  return Buffer.from(text).toString('latin1')
    .replace(/[^ -$&-~]/g, char => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
}
