/**
 * One header line: name in lower case, value without the whitespace around it, name as it was sent. All are latin1: one
 * char a byte.
 */
export type Field = readonly [name: string, value: string, sentName?: string]

/** Removes optional whitespace (SP, HTAB) at both ends; other space characters belong to the value. */
export function trimOws (text: string): string {
  let start = 0
  let end = text.length
  while (start < end && isOws(text.charCodeAt(start))) start++
  while (end > start && isOws(text.charCodeAt(end - 1))) end--
  return start === 0 && end === text.length ? text : text.slice(start, end)
}

function isOws (code: number): boolean {
  return code === 32 || code === 9
}
