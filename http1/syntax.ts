/** Bytes and tables of the HTTP/1.x grammar (RFC 9110, 5.6; RFC 9112, 2 to 7). */
export const CR = 13
export const LF = 10
export const SP = 32
export const TAB = 9
export const COLON = 58

/** The longest head that is looked into; a longer one makes the connection opaque. */
export const MAX_HEAD_BYTES = 64 * 1024
/** No registered method is half as long. A longer first word is some other protocol. */
export const MAX_METHOD_BYTES = 32

/** What a scanner answers instead of an index: what is there may still become right; or it never will. */
export const PARTIAL = -1
export const MALFORMED = -2

/** Whether a byte may stand in a token (RFC 9110, 5.6.2). */
export const IS_TOKEN = tableOf('!#$%&\'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz')

/** Whether a byte may stand in a request target: anything that is no control and no space. */
export const IS_TARGET = tableWhere(byte => byte > SP && byte !== 127)

/**
 * Whether a byte may stand in a field's value: all but what servers read differently. Other controls are the app's
 * matter (RFC 9110, 5.5).
 */
export const IS_VALUE = tableWhere(byte => byte !== 0 && byte !== CR && byte !== LF)

/** Whether a byte may stand in a reason phrase (RFC 9112, 4). */
export const IS_REASON = tableWhere(byte => byte === TAB || (byte >= SP && byte !== 127))

/** Where the empty line that ends a head ends, looking from `from`; -1 when it is not there yet. */
export function findHeadEnd (bytes: Buffer, from: number): number {
  const at = bytes.indexOf(HEAD_END, from)
  return at === -1 ? -1 : at + HEAD_END.length
}

/** Whether a line that ends at or after `from` ends with LF alone. */
export function hasBareLf (bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) return true
  }
  return false
}

/** Compares bytes with a text of lower-case ASCII, in any case of theirs. Only for texts of letters, digits and "-". */
export function equalsLowerCase (bytes: Buffer, from: number, to: number, lowerCase: string): boolean {
  if (to - from !== lowerCase.length) return false
  for (let at = 0; at < lowerCase.length; at++) {
    const byte = bytes[from + at] as number
    const lower = byte >= 65 && byte <= 90 ? byte | 32 : byte
    if (lower !== lowerCase.charCodeAt(at)) return false
  }
  return true
}

const HEAD_END = Buffer.from('\r\n\r\n', 'latin1')

function tableOf (chars: string): Readonly<Uint8Array> {
  return tableWhere(byte => chars.includes(String.fromCharCode(byte)))
}

function tableWhere (includes: (byte: number) => boolean): Readonly<Uint8Array> {
  return Uint8Array.from({ length: 256 }, (_, byte) => includes(byte) ? 1 : 0)
}
