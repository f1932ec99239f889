const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The bytes as the value of a variable; undefined where they cannot be one: not UTF-8, or with a NUL inside. */
export function toText (bytes: Buffer): string | undefined {
  if (bytes.includes(0)) return undefined
  try {
    return UTF8.decode(bytes)
  } catch {
    return undefined
  }
}
