import { encodeHuffman } from './huffman.ts'

/** A field's name as a block has it that builds on no other: written out, in one of two ways (RFC 7541, 5.2). */
export type WrittenName = {
  readonly plain: Buffer
  readonly huffman: Buffer
}

/** @param name lower case, shorter than 127 bytes, and not in the static table. */
export function writtenName (name: string): WrittenName {
  return { plain: Buffer.from(name, 'latin1'), huffman: encodeHuffman(name) }
}

/**
 * Whether a block, `bytes[from..to)`, has a field of this name. Nothing is decoded: it goes from length to length. Of a
 * block that cannot be read it may say either.
 */
export function carriesName (bytes: Buffer, from: number, to: number, name: WrittenName): boolean {
  let at = from
  while (at < to) {
    const first = bytes[at] as number
    const prefix = prefixOf(first)
    const hasNoText = (first & 0x80) !== 0 || (first & 0xe0) === 0x20
    if (hasNoText) {
      at = skipInteger(bytes, at, prefix)
      continue
    }
    if ((first & prefix) === 0) {
      at++
      if (isWritten(bytes, at, to, name)) return true
      at = skipText(bytes, at)
    } else at = skipInteger(bytes, at, prefix)
    at = skipText(bytes, at)
  }
  return false
}

// Of an index, a literal that goes into a table, a size update, or another literal (RFC 7541, 6).
function prefixOf (first: number): number {
  if ((first & 0x80) !== 0) return 0x7f
  if ((first & 0x40) !== 0) return 0x3f
  return (first & 0x20) !== 0 ? 0x1f : 0x0f
}

function isWritten (bytes: Buffer, at: number, to: number, { plain, huffman }: WrittenName): boolean {
  const first = bytes[at] as number
  const written = first >= 0x80 ? huffman : plain
  const end = at + 1 + written.length
  return (first & 0x7f) === written.length && end <= to && bytes.compare(written, 0, written.length, at + 1, end) === 0
}

// Index after an integer whose first byte has this prefix (RFC 7541, 5.1).
function skipInteger (bytes: Buffer, at: number, prefix: number): number {
  let next = at + 1
  if (((bytes[at] as number) & prefix) < prefix) return next
  while (next < bytes.length && (bytes[next] as number) >= 0x80) next++
  return next + 1
}

function skipText (bytes: Buffer, at: number): number {
  const short = (bytes[at] as number) & 0x7f
  if (short < 0x7f) return at + 1 + short
  const next = skipInteger(bytes, at, 0x7f)
  let length = short
  for (let index = at + 1, scale = 1; index < next; index++, scale *= 128) {
    length += ((bytes[index] as number) & 0x7f) * scale
  }
  return next + length
}
