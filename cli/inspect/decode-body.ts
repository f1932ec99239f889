import { constants, brotliDecompressSync, gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'

/** A small body may unfold into a large one. */
const MAX_DECODED_BYTES = 1024 * 1024

/**
 * Undoes one content coding, as far as the bytes go: the end of what was kept may be missing.
 *
 * @returns undefined where the coding is unknown, or the bytes are not in it.
 */
export function decodeBody (bytes: Buffer, encoding: string): Buffer | undefined {
  const maxOutputLength = MAX_DECODED_BYTES
  try {
    switch (encoding.trim().toLowerCase()) {
      case 'gzip':
      case 'x-gzip': return gunzipSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH })
      case 'deflate': return inflateSync(bytes, { maxOutputLength, finishFlush: constants.Z_SYNC_FLUSH })
      case 'br': return brotliDecompressSync(bytes, { maxOutputLength, finishFlush: constants.BROTLI_OPERATION_FLUSH })
      case 'zstd': return orNothing(zstdDecompressSync(bytes, { maxOutputLength, finishFlush: constants.ZSTD_e_flush }), bytes)
      default: return undefined
    }
  } catch {
    return undefined
  }
}

/** Of a block whose end is missing zstd gives nothing: that is no empty body. */
function orNothing (decoded: Buffer, bytes: Buffer): Buffer | undefined {
  return decoded.length === 0 && bytes.length > MAX_EMPTY_BYTES ? undefined : decoded
}

/** A frame of zstd without content has a head, one block and a checksum. */
const MAX_EMPTY_BYTES = 32

/** The bytes as text; undefined where they are none. @param isCut whether a character may be cut at the end. */
export function textOf (bytes: Buffer, isCut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: isCut })
  } catch {
    return undefined
  }
}
