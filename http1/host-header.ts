const CRLF = '\r\n'

/**
 * Writes another value over a request's Host.
 *
 * @param head a complete request head, its empty line included; not changed.
 * @param from where the value of the only Host line begins in `head`; -1 where there is none (HTTP/1.0): then one is
 *   added, so that the head has exactly one.
 * @param to where that value ends.
 * @returns a copy.
 */
export function replaceHost (head: Buffer, from: number, to: number, host: string): Buffer {
  const [start, end, text] = from === -1
    ? [head.length - CRLF.length, head.length - CRLF.length, `Host: ${host}${CRLF}`]
    : [from, to, host]
  const changed = Buffer.allocUnsafe(head.length - (end - start) + text.length)
  head.copy(changed, 0, 0, start)
  changed.write(text, start, 'latin1')
  head.copy(changed, start + text.length, end)
  return changed
}
