import { X509Certificate } from 'node:crypto'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** Each certificate in a text of PEM blocks, in order; what is none is passed over. */
export function splitCertificates (pem: string): readonly string[] {
  return (pem.match(CERTIFICATE) ?? []).filter(isCertificate).map(certificate => `${certificate}\n`)
}

/** By which two texts of the same certificate are known to be the same. */
export function fingerprint (certificate: string): string {
  return new X509Certificate(certificate).fingerprint256
}

/** The certificates without those that came before. */
export function distinct (certificates: readonly string[]): readonly string[] {
  const seen = new Map(certificates.toReversed().map(certificate => [fingerprint(certificate), certificate]))
  return [...seen.values()].toReversed()
}

function isCertificate (pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}
