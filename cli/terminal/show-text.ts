/**
 * Makes text of others fit for a terminal: what would move the cursor, change colours, write right to left or begin a
 * new line is shown as its code instead of being obeyed.
 */
export function showText (text: string): string {
  return text.replace(UNSAFE, character => {
    const code = character.codePointAt(0) ?? 0
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`
  })
}

// C0 and C1 controls, DEL, separators of lines and paragraphs, marks that change the direction, lone surrogates.
// eslint-disable-next-line no-control-regex -- control characters are what it is about
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu
