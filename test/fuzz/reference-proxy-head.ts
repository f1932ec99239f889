/**
 * Where the PROXY protocol head at the beginning of a connection ends (HAProxy, "The PROXY protocol", 2.1 and 2.2); 0
 * where there is none. It is passed to the app, and looked past.
 */
export function proxyHeadEnd (stream: Buffer): number {
  const text = stream.toString('latin1', 0, 107)
  const [line = ''] = /^PROXY [^\r\n]*\r\n/.exec(text) ?? []
  if (line !== '') return line.length
  if (!text.startsWith('\r\n\r\n\0\r\nQUIT\n') || stream.length < 16) return 0
  const end = 16 + stream.readUInt16BE(14)
  return end <= stream.length ? end : 0
}
