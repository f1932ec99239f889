import { ROUTING_HEADER } from '../common/contract.ts'
import { MAX_EDITED_HEAD_BYTES } from './baggage-edit.ts'
import { COLON, LF } from './syntax.ts'

const NAMES = ['baggage', ROUTING_HEADER]

/**
 * From where on an unfinished head may still be changed: from its first `baggage` or routing header line, or a piece of
 * a line that can become one. What lies before it need not wait. Each byte is looked at once, however small the pieces.
 */
export class EditPoint {
  /** Where the present line begins; -1 in the start line. */
  #lineFrom = -1
  /** No line ends before it but those that were seen. */
  #seenTo = 0

  /**
   * @param kept all of the head that came, at least as much as the last time.
   * @returns an index in `kept`; its length where nothing is to be held.
   */
  find (kept: Buffer): number {
    if (kept.length > MAX_EDITED_HEAD_BYTES) return kept.length
    while (this.#lineFrom === -1 || !NAMES.some(name => mayBe(kept, this.#lineFrom, name))) {
      const lineEnd = kept.indexOf(LF, this.#seenTo)
      if (lineEnd === -1) {
        this.#seenTo = kept.length
        return kept.length
      }
      this.#lineFrom = this.#seenTo = lineEnd + 1
    }
    return this.#lineFrom
  }
}

function mayBe (bytes: Buffer, from: number, name: string): boolean {
  const length = Math.min(name.length, bytes.length - from)
  for (let at = 0; at < length; at++) {
    const byte = bytes[from + at] as number
    if ((byte >= 65 && byte <= 90 ? byte | 32 : byte) !== name.charCodeAt(at)) return false
  }
  const next = from + name.length
  return next >= bytes.length || bytes[next] === COLON
}
