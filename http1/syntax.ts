/** Bytes and tables of the HTTP/1.x grammar (RFC 9110, 5.6; RFC 9112, 2 to 7). */
export const CR = 13
export const LF = 10
export const SP = 32

/** The longest head that is looked into; a longer one makes the connection opaque. */
export const MAX_HEAD_BYTES = 64 * 1024
/** No registered method is half as long. A longer first word is some other protocol. */
export const MAX_METHOD_BYTES = 32

/** Whether a byte may stand in a token (RFC 9110, 5.6.2). */
export const IS_TOKEN: Readonly<Uint8Array> = (() => {
  const table = new Uint8Array(256)
  for (const char of '!#$%&\'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz') {
    table[char.charCodeAt(0)] = 1
  }
  return table
})()

/** Where the empty line that ends a head ends, looking from `from`; -1 when it is not there yet. */
export function findHeadEnd (bytes: Buffer, from: number): number {
  const at = bytes.indexOf('\r\n\r\n', from, 'latin1')
  return at === -1 ? -1 : at + 4
}

/** Whether a line that ends at or after `from` ends with LF alone. */
export function hasBareLf (bytes: Buffer, from: number): boolean {
  for (let at = bytes.indexOf(LF, from); at !== -1; at = bytes.indexOf(LF, at + 1)) {
    if (bytes[at - 1] !== CR) return true
  }
  return false
}
