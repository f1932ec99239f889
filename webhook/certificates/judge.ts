import { createPrivateKey, X509Certificate } from 'node:crypto'
import { fingerprint, splitCertificates } from './pem.ts'
import type { Pair } from './x509.ts'

const DAY_MS = 24 * 60 * 60 * 1000
const RENEW_AUTHORITY_MS = 180 * DAY_MS
const RENEW_SERVING_MS = 30 * DAY_MS

/** Whether a pair can sign today. */
export function isGoodAuthority ({ certificate, key }: Pair, nowMs: number): boolean {
  const parsed = new X509Certificate(certificate)
  return parsed.ca && parsed.checkPrivateKey(createPrivateKey(key)) && isValid(parsed, nowMs, 0)
}

/** Whether an authority is so near its end that the next one should be made known. */
export function isEnding ({ certificate }: Pair, nowMs: number): boolean {
  return !isValid(new X509Certificate(certificate), nowMs, RENEW_AUTHORITY_MS)
}

/** Whether a pair can be served under the authority, for these names, and for a good while longer. */
export function isGoodServing (
  { certificate, key }: Pair, authority: Pair, dnsNames: readonly string[], nowMs: number
): boolean {
  const parsed = new X509Certificate(certificate)
  return parsed.checkPrivateKey(createPrivateKey(key)) &&
    isIssuedBy(parsed, new X509Certificate(authority.certificate)) &&
    dnsNames.every(name => isFor(parsed, name)) &&
    isValid(parsed, nowMs, RENEW_SERVING_MS)
}

export function isGoodTicketKey (pem: string): boolean {
  return createPrivateKey(pem).asymmetricKeyType === 'ed25519'
}

/** Whether whoever trusts this anchor trusts the first certificate of the chain, by way of the others. */
export function isTrustedUnder (chain: string, anchor: string): boolean {
  const [leaf, ...others] = splitCertificates(chain).map(pem => new X509Certificate(pem))
  if (leaf === undefined) return false
  const root = new X509Certificate(anchor)
  let current = leaf
  for (let step = 0; step <= others.length; step += 1) {
    if (current.fingerprint256 === fingerprint(anchor) || isIssuedBy(current, root)) return true
    const issuer = others.find(other => other !== current && isIssuedBy(current, other))
    if (issuer === undefined) return false
    current = issuer
  }
  return false
}

/** Whether a certificate names the host in its subjectAltName: the API server reads nothing else. */
export function isFor (certificate: X509Certificate, dnsName: string): boolean {
  return certificate.checkHost(dnsName, { subject: 'never' }) !== undefined
}

/** What cannot be parsed is broken, and broken is one of the answers. */
export function ifGood<T> (value: T | undefined, isGood: (value: T) => boolean): T | undefined {
  try {
    return value !== undefined && isGood(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isIssuedBy (certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey)
}

function isValid (certificate: X509Certificate, nowMs: number, marginMs: number): boolean {
  return certificate.validFromDate.getTime() <= nowMs && nowMs < certificate.validToDate.getTime() - marginMs
}
