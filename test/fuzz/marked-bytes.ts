/** Bytes of any value that say, every few bytes, whose they are: what reaches somebody else is recognised. */
export function bodyOf (name: string, bytes: number): Buffer {
  const mark = Buffer.from(`<${name}>\x00\xff\xc3\xbc\r\n\r\n`, 'latin1')
  return Buffer.alloc(bytes, mark)
}
