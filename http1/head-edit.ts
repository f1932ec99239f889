/** One change of a head: `text`, latin1, where `bytes[from..to)` stood. */
export type HeadEdit = {
  readonly from: number
  readonly to: number
  readonly text: string
}

const CRLF = '\r\n'

/** Text put between two bytes. */
export function insertAt (at: number, text: string): HeadEdit {
  return { from: at, to: at, text }
}

/** A line behind all others of a head that ends at `headEnd`, its empty line included. */
export function addLine (headEnd: number, line: string): HeadEdit {
  return insertAt(headEnd - CRLF.length, line + CRLF)
}

/**
 * A copy of the head `bytes[from..to)` with all its changes.
 *
 * @param edits that do not overlap; those of one place are made in their order.
 */
export function editHead (bytes: Buffer, from: number, to: number, edits: readonly HeadEdit[]): Buffer {
  const growth = edits.reduce((sum, edit) => sum + growthOf(edit), 0)
  const changed = Buffer.allocUnsafe(to - from + growth)
  let at = 0
  let next = from
  for (const edit of edits.toSorted((a, b) => a.from - b.from)) {
    at += bytes.copy(changed, at, next, edit.from)
    at += changed.write(edit.text, at, 'latin1')
    next = edit.to
  }
  bytes.copy(changed, at, next, to)
  return changed
}

/** By how many bytes it makes a head longer. */
export function growthOf ({ from, to, text }: HeadEdit): number {
  return text.length - (to - from)
}
