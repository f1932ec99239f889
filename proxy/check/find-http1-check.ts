import { readRequestHead } from '../../http1/request-head.ts'
import type { Http2Deps } from '../http2/http2-deps.ts'

/** The answer to a check among the first bytes of a connection that was taken for HTTP/2; it comes in one piece. */
export function findHttp1Check (
  bytes: Buffer, from: number, to: number, deps: Pick<Http2Deps, 'findCheck' | 'routes'>
): Buffer | undefined {
  if (bytes[from] !== H || deps.routes().list.length === 0) return undefined
  const head = readRequestHead(bytes, from, to)
  return typeof head === 'string' ? undefined : deps.findCheck(head)?.ownAnswer
}

/** HEAD begins with it, the preface of HTTP/2 does not. */
const H = 0x48
