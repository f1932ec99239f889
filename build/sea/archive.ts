import { crc32, deflateRawSync, gzipSync } from 'node:zlib'

/** One file of an archive. */
export type ArchivedFile = { readonly name: string, readonly bytes: Uint8Array, readonly isProgram?: boolean }

const BLOCK_BYTES = 512

/**
 * A `.tar.gz` that is the same bytes for the same files: no times, no owners, nothing of the machine.
 *
 * @throws {Error} where a name does not fit into 100 bytes of ASCII.
 */
export function tarGz (files: readonly ArchivedFile[]): Buffer {
  const blocks = files.flatMap(file => {
    const padding = -file.bytes.length & (BLOCK_BYTES - 1)
    return [tarHead(file), file.bytes, Buffer.alloc(padding)]
  })
  const zipped = gzipSync(Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]))
  // The system that zipped it: unknown.
  zipped[9] = 255
  return zipped
}

function tarHead ({ name, bytes, isProgram }: ArchivedFile): Buffer {
  if (!/^[\x20-\x7e]{1,100}$/.test(name)) throw new Error(`No name for an archive: "${name}"`)
  const head = Buffer.alloc(BLOCK_BYTES)
  const octal = (value: number, at: number, width: number) => head.write(`${value.toString(8).padStart(width - 1, '0')}\0`, at)
  head.write(name, 0)
  octal(isProgram === true ? 0o755 : 0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(bytes.length, 124, 12)
  octal(0, 136, 12)
  head.fill(' ', 148, 156)
  head.write('0', 156)
  head.write('ustar\x0000', 257)
  const sum = head.reduce((before, byte) => before + byte, 0)
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return head
}

// 1 January 1980, the first day that a zip file can name.
const ZIP_DAY = 0x21
const ZIP_VERSION = 20
const DEFLATED = 8

/** A `.zip` that is the same bytes for the same files. */
export function zip (files: readonly ArchivedFile[]): Buffer {
  const pieces: Uint8Array[] = []
  const entries: Buffer[] = []
  let offset = 0
  for (const { name, bytes, isProgram } of files) {
    const packed = deflateRawSync(bytes)
    const facts = zipFacts(name, bytes, packed)
    const head = Buffer.concat([u32(0x04034b50), facts, Buffer.from(name)])
    // Made by a Unix, so that the mode in the upper half of the attributes counts.
    const mode = isProgram === true ? 0o100755 : 0o100644
    entries.push(Buffer.concat([
      u32(0x02014b50), u16(3 << 8 | ZIP_VERSION), facts, u16(0), u16(0), u16(0), u32(mode * 0x10000), u32(offset),
      Buffer.from(name)
    ]))
    pieces.push(head, packed)
    offset += head.length + packed.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.concat([
    u32(0x06054b50), u16(0), u16(0), u16(files.length), u16(files.length), u32(directory.length), u32(offset), u16(0)
  ])
  return Buffer.concat([...pieces, directory, end])
}

/** What stands in front of a file and in the directory alike. */
function zipFacts (name: string, bytes: Uint8Array, packed: Uint8Array): Buffer {
  return Buffer.concat([
    u16(ZIP_VERSION), u16(0), u16(DEFLATED), u16(0), u16(ZIP_DAY),
    u32(crc32(bytes)), u32(packed.length), u32(bytes.length), u16(Buffer.byteLength(name)), u16(0)
  ])
}

function u16 (value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}

function u32 (value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value >>> 0)
  return bytes
}
