// It never begins anew: what a program sent must not hold the page up.
const TEXT = '"[^"\\\\]*(?:\\\\.?[^"\\\\]*)*(?:"|$)'
const TOKEN = new RegExp(`${TEXT}|[{}\\[\\],:]|[^\\s{}\\[\\],:"]+`, 'gs')
const PAINTED = new RegExp(`(${TEXT})(\\s*:)?|\\b(?:true|false|null)\\b|-?\\d+(?:\\.\\d+)?(?:[eE][+-]?\\d+)?`, 'gs')
/** Deeper values stand below each other: their blanks would be more than all that they say. */
const MAX_INDENT = 40

/** A line for each value, spelled as it was: 1.0 and 12345678901234567890 stay so. As it came where it is no JSON. */
export function prettyJson (text: string): string {
  try {
    JSON.parse(text)
  } catch {
    return text
  }
  let depth = 0
  let before = ''
  let pretty = ''
  for (const [token] of text.matchAll(TOKEN)) {
    const ends = token === '}' || token === ']'
    if (ends) depth--
    if (ends ? !isOpening(before) : isOpening(before) || before === ',') {
      pretty += `\n${'  '.repeat(Math.min(depth, MAX_INDENT))}`
    }
    pretty += token === ':' ? ': ' : token
    if (isOpening(token)) depth++
    before = token
  }
  return pretty
}

function isOpening (token: string): boolean {
  return token === '{' || token === '['
}

/** A piece of JSON, and what it is; undefined between them. */
export type PaintedPiece = { readonly text: string, readonly kind: 'name' | 'str' | 'lit' | undefined }

/** Tells names, texts and other values apart, also where the end is missing. */
export function paintJson (text: string): readonly PaintedPiece[] {
  const pieces: PaintedPiece[] = []
  let at = 0
  for (const match of text.matchAll(PAINTED)) {
    const [whole, quoted, colon] = match
    const kind = quoted === undefined ? 'lit' : colon === undefined ? 'str' : 'name'
    pieces.push({ text: text.slice(at, match.index), kind: undefined }, { text: quoted ?? whole, kind }, { text: colon ?? '', kind: undefined })
    at = match.index + whole.length
  }
  return [...pieces, { text: text.slice(at), kind: undefined }].filter(piece => piece.text !== '')
}
