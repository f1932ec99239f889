import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import test from 'ava'
import { decodeBody } from '../../../cli/inspect/decode-body.ts'

const TEXT = Buffer.from(Array.from({ length: 20_000 }, (_, line) => `line ${line * 7919 % 10_007}`).join('\n'))

for (const [coding, pack] of Object.entries({
  gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync, zstd: zstdCompressSync
})) {
  test(`${coding} is undone, and what is left of a cut body is its beginning or unknown, never empty`, t => {
    const packed = pack(TEXT)
    t.deepEqual(decodeBody(packed, coding), TEXT)
    t.is(decodeBody(pack(Buffer.alloc(0)), coding)?.length, 0)
    const cut = decodeBody(packed.subarray(0, packed.length >> 1), coding)
    if (coding !== 'zstd') t.true(cut !== undefined && cut.length > 0 && TEXT.subarray(0, cut.length).equals(cut))
    // A block of it is had whole or not at all.
    else t.is(cut, undefined)
  })
}
