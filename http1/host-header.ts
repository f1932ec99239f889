import { addLine, type HeadEdit } from './head-edit.ts'
import type { RequestHead } from './request-head.ts'

/**
 * Writes another value over a request's Host. Where there is none (HTTP/1.0) one is added, so that the head has exactly
 * one.
 *
 * @param headEnd index after the head's empty line.
 */
export function hostEdit (head: RequestHead, headEnd: number, host: string): HeadEdit {
  const from = head.lastValueStart('host')
  return from === -1 ? addLine(headEnd, `Host: ${host}`) : { from, to: head.lastValueEnd('host'), text: host }
}
