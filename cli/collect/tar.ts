/** One file of an archive. */
export type ArchiveFile = { readonly name: string, readonly text: string }

const BLOCK_BYTES = 512
// POSIX ustar: the field for a name without a folder in front of it.
const MAX_NAME_BYTES = 100

/**
 * Writes files as a POSIX ustar archive. Ours are few and small texts with short names: that takes one header each, and
 * no library with its seven others.
 *
 * @param nowMs time of all files, ms since the epoch.
 * @throws {RangeError} for a name that does not fit.
 * @see https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html (ustar interchange format)
 */
export function writeTar (files: readonly ArchiveFile[], nowMs: number): Buffer {
  const blocks = files.flatMap(({ name, text }) => {
    const content = Buffer.from(text)
    return [header(name, content.length, nowMs), content, Buffer.alloc(padding(content.length))]
  })
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)])
}

function header (name: string, size: number, nowMs: number): Buffer {
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) throw new RangeError(`"${name}" is too long for an archive`)
  const block = Buffer.alloc(BLOCK_BYTES)
  const octal = (value: number, at: number, digits: number): void => {
    block.write(`${value.toString(8).padStart(digits, '0')}\0`, at)
  }
  block.write(name, 0)
  octal(0o600, 100, 7)
  octal(0, 108, 7)
  octal(0, 116, 7)
  octal(size, 124, 11)
  octal(Math.floor(nowMs / 1000), 136, 11)
  // The sum is made with eight spaces in its own place.
  block.write('        ', 148)
  block.write('0', 156)
  block.write('ustar\x0000', 257)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return block
}

function padding (size: number): number {
  return (BLOCK_BYTES - size % BLOCK_BYTES) % BLOCK_BYTES
}
