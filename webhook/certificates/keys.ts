import { generateKeyPairSync } from 'node:crypto'
import { ifGood, isGoodAuthority, isGoodServing, isGoodTicketKey } from './judge.ts'
import { distinct, fingerprint } from './pem.ts'
import { makeAuthority, makeServing, type Pair } from './x509.ts'

/** All that the webhook keeps secret, and whom the API server is to trust. */
export type Keys = {
  readonly authority: Pair
  readonly serving: Pair
  /** The authority that follows. The API server is told of it first; it signs nothing yet. */
  readonly next?: Pair
  /** Certificates of authorities that another replica may still serve under. */
  readonly previous: readonly string[]
  /** Ed25519, PKCS #8, PEM: signs tickets. Every injected pod holds the public half, so it outlives certificates. */
  readonly ticketKey: string
}

/** What was stored, in whatever state: parts may be missing or broken. */
export type StoredKeys = Partial<Keys>

export type KeyPart = 'authority' | 'serving' | 'ticket-key'

export type MendedKeys = {
  readonly keys: Keys
  /** Made anew. */
  readonly renewed: readonly KeyPart[]
  /** Put back as this replica still had them. */
  readonly restored: readonly KeyPart[]
}

/** What this replica knows of its own. */
export type Held = {
  readonly keys?: Keys
  /** Under whom it serves or is about to: they must stay trusted, whatever became of the Secret. */
  readonly anchors: readonly string[]
}

const NOTHING: Held = { anchors: [] }

/**
 * Keeps every part that is good. What is missing, broken, for other names or near its end is taken from what this
 * replica holds, for that is trusted already, and made anew only where that is no good either.
 */
export async function mendKeys (
  stored: StoredKeys, dnsNames: readonly string[], nowMs: number, held: Held = NOTHING
): Promise<MendedKeys> {
  const renewed: KeyPart[] = []
  const restored: KeyPart[] = []
  const choose = async <T>(
    part: KeyPart, kept: T | undefined, own: T | undefined, isGood: (value: T) => boolean, make: () => T | Promise<T>
  ): Promise<T> => {
    const good = ifGood(kept, isGood)
    if (good !== undefined) return good
    const put = ifGood(own, isGood)
    ;(put === undefined ? renewed : restored).push(part)
    return put ?? await make()
  }
  const authority = await choose('authority', stored.authority, held.keys?.authority,
    pair => isGoodAuthority(pair, nowMs), () => makeAuthority(nowMs))
  const serving = await choose('serving', stored.serving, held.keys?.serving,
    pair => isGoodServing(pair, authority, dnsNames, nowMs), () => makeServing(authority, dnsNames, nowMs))
  const ticketKey = await choose('ticket-key', stored.ticketKey, held.keys?.ticketKey, isGoodTicketKey, makeTicketKey)
  const next = ifGood(stored.next, pair => isGoodAuthority(pair, nowMs))
  const previous = withoutCurrent([...stored.previous ?? [], ...held.anchors], authority, next)
  return { keys: { authority, serving, ...(next !== undefined && { next }), previous, ticketKey }, renewed, restored }
}

/** Everybody whom the API server is to trust, the authority in use first. */
export function trustedAuthorities ({ authority, next, previous }: Keys): readonly string[] {
  return distinct([authority.certificate, ...next === undefined ? [] : [next.certificate], ...previous])
}

function withoutCurrent (certificates: readonly string[], authority: Pair, next: Pair | undefined): readonly string[] {
  const current = [authority, next].flatMap(pair => pair === undefined ? [] : [fingerprint(pair.certificate)])
  return distinct(certificates).filter(certificate => !current.includes(fingerprint(certificate)))
}

function makeTicketKey (): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}
