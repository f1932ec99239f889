/**
 * One header line: name in lower case, value without the whitespace around it, name as it was sent. All are latin1: one
 * char a byte.
 */
export type Field = readonly [name: string, value: string, sentName?: string]

/** The same line with another value. */
export function withValue ([name, , sentName]: Field, value: string): Field {
  return sentName === undefined ? [name, value] : [name, value, sentName]
}
