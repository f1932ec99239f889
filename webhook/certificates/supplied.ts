import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { WaylayError } from '../../common/errors.ts'
import type { SecretEntries } from './entries.ts'
import { isFor, isTrustedUnder } from './judge.ts'
import { splitCertificates } from './pem.ts'
import type { Pair } from './x509.ts'

/** A pair to serve with, and whom the API server must trust for it. */
export type Served = {
  readonly pair: Pair
  /** Empty where somebody else writes the configuration's caBundle. */
  readonly anchors: readonly string[]
}

/**
 * Reads the certificate that an administrator or cert-manager supplies.
 *
 * @throws {WaylayError} `WAYLAY_CERTIFICATE_SUPPLIED` saying what is wrong with it.
 */
export function readSupplied (
  name: string, entries: SecretEntries | undefined, dnsName: string, nowMs: number
): Served {
  if (entries === undefined) throw unfit(name, 'is not there')
  const { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': authorities } = entries
  if (!certificate || !key) throw unfit(name, 'has no tls.crt or no tls.key')
  checkLeaf(name, parse(name, certificate), readKey(name, key), dnsName, nowMs)
  const anchors = splitCertificates(authorities ?? '')
  if (authorities && anchors.length === 0) throw unfit(name, 'has a ca.crt that holds no certificate')
  if (anchors.length > 0 && !anchors.some(anchor => isTrustedUnder(certificate, anchor))) {
    throw unfit(name, 'has a tls.crt that its ca.crt did not issue, not even by the certificates beside it')
  }
  return { pair: { certificate, key }, anchors }
}

function checkLeaf (name: string, leaf: X509Certificate, key: KeyObject, dnsName: string, nowMs: number): void {
  if (!leaf.checkPrivateKey(key)) throw unfit(name, 'has a tls.key that is not the key of its tls.crt')
  if (!isFor(leaf, dnsName)) throw unfit(name, `is for ${leaf.subjectAltName ?? 'no name'}, and must be for DNS:${dnsName}`)
  if (leaf.validToDate.getTime() <= nowMs) throw unfit(name, `ended at ${leaf.validToDate.toISOString()}`)
  if (leaf.validFromDate.getTime() > nowMs) throw unfit(name, `begins only at ${leaf.validFromDate.toISOString()}`)
}

function parse (name: string, certificate: string): X509Certificate {
  try {
    return new X509Certificate(certificate)
  } catch (error) {
    throw unfit(name, 'has a tls.crt that is no certificate in PEM', error)
  }
}

function readKey (name: string, key: string): KeyObject {
  try {
    return createPrivateKey(key)
  } catch (error) {
    throw unfit(name, 'has a tls.key that is no private key in PEM', error)
  }
}

function unfit (name: string, what: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_CERTIFICATE_SUPPLIED', `The Secret ${name} ${what}`, { cause })
}
