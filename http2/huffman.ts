/** Length in bits of each byte's code, and of EOS (RFC 7541, appendix B). */
const CODE_LENGTHS: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28,
  28, 28, 28, 6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12,
  10, 13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, 15, 5, 6,
  5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, 20, 22, 20, 20, 22, 22,
  22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, 22, 21, 20,
  22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28,
  27, 27, 27, 20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28,
  27, 27, 27, 27, 27, 26, 30
]
const EOS = 256

/**
 * A machine that eats four bits at a time. A state is an inner node of the code's tree; no code is shorter than five
 * bits, so a step yields at most one byte. Of each state and nibble: the next state, and the byte that it yields (-1:
 * none; -2: EOS, which may not occur).
 */
const NEXT = new Uint8Array(256 * 16)
const YIELD = new Int16Array(256 * 16)
/** Whether a text may end in this state: less than eight bits of EOS, all ones (RFC 7541, 5.2). */
const MAY_END = new Uint8Array(256)

/** The shortest code has five bits. */
export function maxDecodedBytes (encodedBytes: number): number {
  return Math.ceil(encodedBytes * 8 / 5)
}

/**
 * Decodes `bytes[from..to)` into `out`, which must have room for `maxDecodedBytes`.
 *
 * @returns number of bytes written; -1: not a text in this code.
 */
export function decodeHuffman (bytes: Buffer, from: number, to: number, out: Buffer): number {
  let state = 0
  let length = 0
  for (let at = from; at < to; at++) {
    const byte = bytes[at] as number
    for (let shift = 4; shift >= 0; shift -= 4) {
      const step = state << 4 | (byte >> shift & 15)
      const yielded = YIELD[step] as number
      if (yielded >= 0) out[length++] = yielded
      else if (yielded === -2) return -1
      state = NEXT[step] as number
    }
  }
  return MAY_END[state] === 1 ? length : -1
}

/** Encodes a latin1 text, its end filled with ones (RFC 7541, 5.2). Slow: for texts that are known at the start. */
export function encodeHuffman (text: string): Buffer {
  const codes = codesOf(TREE)
  const bits = [...Buffer.from(text, 'latin1')].map(byte => codes.get(byte)).join('')
  const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1').match(/.{8}/g) ?? []
  return Buffer.from(bytes.map(byte => parseInt(byte, 2)))
}

function codesOf ({ children }: Tree, node = 0, code = '', codes = new Map<number, string>()): Map<number, string> {
  for (const side of [0, 1] as const) {
    const child = (children[node] as [number, number])[side]
    if (child < 0) codes.set(-1 - child, `${code}${side}`)
    else codesOf({ children }, child, `${code}${side}`, codes)
  }
  return codes
}

// The code is canonical: codes of one length are numbered in the order of their bytes, shorter ones first.
type Tree = { readonly children: [number, number][] }

function buildTree (): Tree {
  const children: [number, number][] = [[0, 0]]
  const symbols = CODE_LENGTHS.map((_, symbol) => symbol)
    .sort((a, b) => (CODE_LENGTHS[a] as number) - (CODE_LENGTHS[b] as number) || a - b)
  let code = 0
  let lastLength = 0
  for (const symbol of symbols) {
    const length = CODE_LENGTHS[symbol] as number
    code *= 2 ** (length - lastLength)
    lastLength = length
    let node = 0
    for (let bit = length - 1; bit >= 0; bit--) {
      const side = Math.floor(code / 2 ** bit) % 2 as 0 | 1
      const pair = children[node] as [number, number]
      if (bit === 0) {
        pair[side] = -1 - symbol
        break
      }
      if (pair[side] === 0) pair[side] = children.push([0, 0]) - 1
      node = pair[side]
    }
    code++
  }
  return { children }
}

function fillTables ({ children }: Tree): void {
  for (let state = 0; state < children.length; state++) {
    for (let nibble = 0; nibble < 16; nibble++) {
      let node = state
      let yielded = -1
      for (let bit = 3; bit >= 0; bit--) {
        const child = (children[node] as [number, number])[nibble >> bit & 1 ? 1 : 0]
        node = Math.max(child, 0)
        if (child >= 0) continue
        yielded = -1 - child === EOS ? -2 : -1 - child
      }
      NEXT[state << 4 | nibble] = node
      YIELD[state << 4 | nibble] = yielded
    }
  }
  for (let node = 0, ones = 0; ones < 8; ones++) {
    MAY_END[node] = 1
    node = (children[node] as [number, number])[1]
  }
}

const TREE = buildTree()
fillTables(TREE)
