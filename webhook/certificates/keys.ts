import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { makeAuthority, makeServing, type Pair } from './x509.ts'

/** All that the webhook keeps secret. */
export type Keys = {
  readonly authority: Pair
  readonly serving: Pair
  /** Ed25519, PKCS #8, PEM: signs tickets. Every injected pod holds the public half, so it outlives certificates. */
  readonly ticketKey: string
}

/** What was stored, in whatever state: parts may be missing or broken. */
export type StoredKeys = { readonly authority?: Pair, readonly serving?: Pair, readonly ticketKey?: string }

export type KeyPart = 'authority' | 'serving' | 'ticket-key'

export type MendedKeys = { readonly keys: Keys, readonly renewed: readonly KeyPart[] }

const DAY_MS = 24 * 60 * 60 * 1000
const RENEW_AUTHORITY_MS = 180 * DAY_MS
const RENEW_SERVING_MS = 30 * DAY_MS

/** Keeps every part that is good, and makes those that are missing, broken, for other names or near their end. */
export async function mendKeys (stored: StoredKeys, dnsNames: readonly string[], nowMs: number): Promise<MendedKeys> {
  const renewed: KeyPart[] = []
  const keepOrMake = async <T>(part: KeyPart, kept: T | undefined, make: () => T | Promise<T>): Promise<T> => {
    if (kept !== undefined) return kept
    renewed.push(part)
    return await make()
  }
  const authority = await keepOrMake('authority',
    ifGood(stored.authority, pair => isGoodAuthority(pair, nowMs)), () => makeAuthority(nowMs))
  const serving = await keepOrMake('serving',
    ifGood(stored.serving, pair => isGoodServing(pair, authority, dnsNames, nowMs)),
    () => makeServing(authority, dnsNames, nowMs))
  const ticketKey = await keepOrMake('ticket-key', ifGood(stored.ticketKey, isGoodTicketKey), makeTicketKey)
  return { keys: { authority, serving, ticketKey }, renewed }
}

function isGoodAuthority ({ certificate, key }: Pair, nowMs: number): boolean {
  const parsed = new X509Certificate(certificate)
  return parsed.ca && parsed.checkPrivateKey(createPrivateKey(key)) && isFresh(parsed, nowMs, RENEW_AUTHORITY_MS)
}

function isGoodServing (
  { certificate, key }: Pair, authority: Pair, dnsNames: readonly string[], nowMs: number
): boolean {
  const parsed = new X509Certificate(certificate)
  const issuer = new X509Certificate(authority.certificate)
  return parsed.checkPrivateKey(createPrivateKey(key)) &&
    parsed.checkIssued(issuer) && parsed.verify(issuer.publicKey) &&
    dnsNames.every(name => parsed.checkHost(name) !== undefined) &&
    isFresh(parsed, nowMs, RENEW_SERVING_MS)
}

function isFresh (certificate: X509Certificate, nowMs: number, marginMs: number): boolean {
  return certificate.validFromDate.getTime() <= nowMs && nowMs < certificate.validToDate.getTime() - marginMs
}

function isGoodTicketKey (pem: string): boolean {
  return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
}

function makeTicketKey (): string {
  return generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString()
}

// What cannot be parsed is broken, and broken is one of the answers.
function ifGood<T> (value: T | undefined, isGood: (value: T) => boolean): T | undefined {
  try {
    return value !== undefined && isGood(value) ? value : undefined
  } catch {
    return undefined
  }
}
