import type { OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { constants, type Http2ServerResponse } from 'node:http2'

/** An answer of HTTP/1.1 or HTTP/2. */
export type AnyResponse = ServerResponse | Http2ServerResponse

export function isHttp2 (res: AnyResponse): res is Http2ServerResponse {
  return 'stream' in res
}

/** Whether nobody waits for it any more. */
export function isGone (res: AnyResponse): boolean {
  return isHttp2(res) ? res.stream.destroyed : res.destroyed
}

/** Writes an answer of ours, whole, where somebody waits for it. */
export function writeWhole (res: AnyResponse, status: number, headers: OutgoingHttpHeaders, body?: Buffer): void {
  if (isGone(res)) return
  // What an answer that could not be written has left.
  for (const name of res.getHeaderNames()) res.removeHeader(name)
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value as string)
  res.statusCode = status
  if (body === undefined) res.end()
  else res.end(body)
}

/** Ends it in the middle, so that nobody takes what has come for the whole. */
export function abort (res: AnyResponse): void {
  if (isHttp2(res)) res.stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  else res.destroy()
}
