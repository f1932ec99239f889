import { WaylayError } from '../../common/errors.ts'
import { mendKeys, type KeyPart, type Keys, type StoredKeys } from './keys.ts'
import type { Pair } from './x509.ts'

/** The Secret's entries as text. */
export type SecretEntries = Readonly<Record<string, string>>

/** Where the keys are kept. Two replicas may write at once, so each write says what it expects. */
export type KeyStore = {
  readonly read: () => Promise<{ readonly entries: SecretEntries, readonly version: string } | undefined>
  /** Returns false when somebody else made it first. */
  readonly create: (entries: SecretEntries) => Promise<boolean>
  /** Returns false when it is no longer at that version. */
  readonly replace: (entries: SecretEntries, version: string) => Promise<boolean>
}

const MAX_RACES = 10

/**
 * Reads the keys, making or mending them first where needed.
 *
 * @param onRenewed told which parts are new, after they were written.
 */
export async function loadKeys (
  store: KeyStore, dnsNames: readonly string[], nowMs: number, onRenewed: (parts: readonly KeyPart[]) => void
): Promise<Keys> {
  for (let race = 0; race < MAX_RACES; race += 1) {
    const found = await store.read()
    const { keys, renewed } = await mendKeys(readEntries(found?.entries ?? {}), dnsNames, nowMs)
    if (renewed.length === 0) return keys
    const entries = writeEntries(keys)
    if (found === undefined ? await store.create(entries) : await store.replace(entries, found.version)) {
      onRenewed(renewed)
      return keys
    }
  }
  throw new WaylayError('WAYLAY_CERTIFICATE_INVALID', `Others changed the Secret ${MAX_RACES} times while it was mended`)
}

function readEntries (entries: SecretEntries): StoredKeys {
  const authority = readPair(entries['ca.crt'], entries['ca.key'])
  const serving = readPair(entries['tls.crt'], entries['tls.key'])
  const ticketKey = entries['ticket.key']
  return {
    ...(authority !== undefined && { authority }),
    ...(serving !== undefined && { serving }),
    ...(ticketKey !== undefined && { ticketKey })
  }
}

function readPair (certificate: string | undefined, key: string | undefined): Pair | undefined {
  return certificate === undefined || key === undefined ? undefined : { certificate, key }
}

function writeEntries ({ authority, serving, ticketKey }: Keys): SecretEntries {
  return {
    'ca.crt': authority.certificate,
    'ca.key': authority.key,
    'tls.crt': serving.certificate,
    'tls.key': serving.key,
    'ticket.key': ticketKey
  }
}
