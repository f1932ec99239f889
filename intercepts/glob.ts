/**
 * Patterns in which `*` stands for any run of characters, also none, also slashes. `\*` is a star and `\\` a backslash;
 * everything else, a backslash before anything else too, stands for itself.
 */

/** The literal texts between the stars, escapes resolved. One alone: there is no star. */
export function splitGlob (pattern: string): readonly string[] {
  const pieces: string[] = []
  let piece = ''
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string
    const next = pattern[at + 1]
    if (char === '*') {
      pieces.push(piece)
      piece = ''
    } else if (char === '\\' && (next === '*' || next === '\\')) {
      piece += next
      at++
    } else {
      piece += char
    }
  }
  return [...pieces, piece]
}

/** The pattern that means exactly this text. */
export function escapeGlob (text: string): string {
  return text.replace(/[\\*]/g, '\\$&')
}

/** The one way to write what a pattern means. */
export function canonicalGlob (pattern: string): string {
  const pieces = splitGlob(pattern)
  return pieces.filter((piece, index) => index === 0 || index === pieces.length - 1 || piece !== '')
    .map(escapeGlob).join('*')
}

/**
 * Makes a pattern ready to be asked for every request.
 *
 * Whoever sends a request must not be able to stall the proxy with it. So this is no regular expression and tries
 * nothing twice: the texts between the stars are looked for one behind the other, each from where the one before it
 * ended (the first place is always good enough), and each with the search of Knuth, Morris and Pratt. The time is
 * linear in the length of the text, whatever the pattern: at most three comparisons for each character.
 */
export function compileGlob (pattern: string): (text: string) => boolean {
  const pieces = splitGlob(pattern)
  const [first = ''] = pieces
  if (pieces.length === 1) return text => text === first
  const last = pieces.at(-1) ?? ''
  const middle = pieces.slice(1, -1).filter(piece => piece !== '').map(makeNeedle)
  return text => {
    const end = text.length - last.length
    if (first.length > end || !text.startsWith(first) || !text.endsWith(last)) return false
    let at = first.length
    for (const needle of middle) {
      at = findEnd(text, at, end, needle)
      if (at === -1) return false
    }
    return true
  }
}

type Needle = {
  readonly text: string
  /** For each length of a part that fitted, the length of its longest end that is also its beginning. */
  readonly fallback: Uint16Array
}

function makeNeedle (text: string): Needle {
  const fallback = new Uint16Array(text.length + 1)
  let length = 0
  for (let at = 1; at < text.length; at++) {
    while (length > 0 && text[at] !== text[length]) length = fallback[length] ?? 0
    if (text[at] === text[length]) length++
    fallback[at + 1] = length
  }
  return { text, fallback }
}

// Where the first occurrence in text[from, to) ends; -1 where there is none.
function findEnd (text: string, from: number, to: number, { text: wanted, fallback }: Needle): number {
  let length = 0
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at)
    while (length > 0 && code !== wanted.charCodeAt(length)) length = fallback[length] ?? 0
    if (code === wanted.charCodeAt(length)) length++
    if (length === wanted.length) return at + 1
  }
  return -1
}
