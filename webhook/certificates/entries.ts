import type { Keys, StoredKeys } from './keys.ts'
import { splitCertificates } from './pem.ts'
import type { Pair } from './x509.ts'

/** A Secret's entries as text. */
export type SecretEntries = Readonly<Record<string, string>>

/** What we keep there. */
export const ENTRIES: readonly string[] = [
  'ca.crt', 'ca.key', 'tls.crt', 'tls.key', 'ca-next.crt', 'ca-next.key', 'ca-previous.crt', 'ticket.key'
]

/** Reads the keys out of our own Secret, in whatever state it is. */
export function readEntries (entries: SecretEntries): StoredKeys {
  const authority = readPair(entries['ca.crt'], entries['ca.key'])
  const serving = readPair(entries['tls.crt'], entries['tls.key'])
  const next = readPair(entries['ca-next.crt'], entries['ca-next.key'])
  const ticketKey = entries['ticket.key']
  return {
    previous: splitCertificates(entries['ca-previous.crt'] ?? ''),
    ...(authority !== undefined && { authority }),
    ...(serving !== undefined && { serving }),
    ...(next !== undefined && { next }),
    ...(ticketKey !== undefined && { ticketKey })
  }
}

/** Writes them. What else somebody keeps in the Secret stays. */
export function writeEntries (
  { authority, serving, next, previous, ticketKey }: Keys, found: SecretEntries = {}
): SecretEntries {
  return {
    ...Object.fromEntries(Object.entries(found).filter(([name]) => !ENTRIES.includes(name))),
    'ca.crt': authority.certificate,
    'ca.key': authority.key,
    'tls.crt': serving.certificate,
    'tls.key': serving.key,
    ...(next !== undefined && { 'ca-next.crt': next.certificate, 'ca-next.key': next.key }),
    ...(previous.length > 0 && { 'ca-previous.crt': previous.map(pem => `${pem.trim()}\n`).join('') }),
    'ticket.key': ticketKey
  }
}

function readPair (certificate: string | undefined, key: string | undefined): Pair | undefined {
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}
