import { HeaderList } from '../../http2/header-list.ts'

/** A request's fields with another `:authority`, and no second word on it in `host`. */
export function withAuthority (fields: HeaderList, host: string): HeaderList {
  const written = new HeaderList()
  // Pseudo fields come before all others (RFC 9113, 8.3).
  written.add(':authority', host, false)
  for (let index = 0; index < fields.length; index++) {
    const name = fields.names[index] as string
    if (name === ':authority' || name === 'host') continue
    written.add(name, fields.values[index] as string, fields.neverIndexed[index] === true)
  }
  return written
}
