const SHOWN_LENGTH = 200

/** A value as a message repeats it: whoever sent megabytes of nonsense does not get them back. */
export function refusedText (value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? 'nothing'
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)}…` : text
}
