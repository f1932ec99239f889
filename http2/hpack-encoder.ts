import type { HeaderList } from './header-list.ts'
import { STATIC_BY_NAME, STATIC_NAMES, STATIC_VALUES } from './static-table.ts'

/** "From here on my table holds nothing" (RFC 7541, 6.3): legal at the beginning of any block. */
const TABLE_OFF = 0x20
/** Three numbers of at most six bytes each. */
const MAX_FIELD_OVERHEAD_BYTES = 18

let scratch = Buffer.allocUnsafeSlow(16 * 1024)

/**
 * Writes fields without any table: what is in the static one by its index, all else as literals without indexing
 * (RFC 7541, 6.2.2), so that a block means the same whatever came before it and changes nothing for what comes after.
 *
 * @param tableBytes a size update to begin with (RFC 7541, 4.2); undefined: none.
 * @returns a view that is valid until the next call of any function here.
 */
export function encodeHeaders (list: HeaderList, tableBytes: number | undefined): Buffer {
  makeRoom(roomFor(list))
  let at = tableBytes === undefined ? 0 : writeInteger(0, TABLE_OFF, 5, tableBytes)
  for (let index = 0; index < list.length; index++) {
    at = writeField(at, list.names[index] as string, list.values[index] as string, list.neverIndexed[index] === true)
  }
  return scratch.subarray(0, at)
}

/** Whether a block, `bytes[from..to)`, begins with a size update. */
export function beginsWithResize (bytes: Buffer, from: number, to: number): boolean {
  return from < to && ((bytes[from] as number) & 0xe0) === TABLE_OFF
}

/** A block, `bytes[from..to)`, after "my table holds nothing". The same kind of view. */
export function prependTableOff (bytes: Buffer, from: number, to: number): Buffer {
  makeRoom(to - from + 1)
  scratch[0] = TABLE_OFF
  bytes.copy(scratch, 1, from, to)
  return scratch.subarray(0, to - from + 1)
}

function writeField (start: number, name: string, value: string, neverIndexed: boolean): number {
  const nameIndex = STATIC_BY_NAME.get(name) ?? 0
  if (nameIndex !== 0 && !neverIndexed) {
    for (let index = nameIndex; STATIC_NAMES[index] === name; index++) {
      if (STATIC_VALUES[index] === value) return writeInteger(start, 0x80, 7, index)
    }
  }
  let at = writeInteger(start, neverIndexed ? 0x10 : 0, 4, nameIndex)
  if (nameIndex === 0) at = writeText(at, name)
  at = writeText(at, value)
  return at
}

function writeText (start: number, text: string): number {
  const at = writeInteger(start, 0, 7, text.length)
  return at + scratch.write(text, at, 'latin1')
}

// RFC 7541, 5.1.
function writeInteger (start: number, firstByte: number, prefixBits: number, value: number): number {
  let at = start
  const mask = (1 << prefixBits) - 1
  if (value < mask) {
    scratch[at++] = firstByte | value
    return at
  }
  scratch[at++] = firstByte | mask
  let rest = value - mask
  for (; rest >= 128; rest >>>= 7) scratch[at++] = (rest & 127) | 128
  scratch[at++] = rest
  return at
}

function roomFor (list: HeaderList): number {
  let bytes = 8
  for (let index = 0; index < list.length; index++) {
    bytes += (list.names[index] as string).length + (list.values[index] as string).length + MAX_FIELD_OVERHEAD_BYTES
  }
  return bytes
}

function makeRoom (bytes: number): void {
  if (scratch.length < bytes) scratch = Buffer.allocUnsafeSlow(bytes * 2)
}
