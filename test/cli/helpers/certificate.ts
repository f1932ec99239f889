// The library of certificates wants it loaded before.
import 'reflect-metadata'
import { webcrypto } from 'node:crypto'
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509'

export type PemPair = { readonly certificate: string, readonly key: string }

/** A certificate that is its own authority, for names and addresses. */
export async function makeCertificate (commonName: string, ...names: readonly string[]): Promise<PemPair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${commonName}`,
    keys,
    signingAlgorithm: algorithm,
    extensions: names.length === 0
      ? []
      : [new SubjectAlternativeNameExtension(names.map(value => ({ type: /^[\d.]+$|:/.test(value) ? 'ip' : 'dns', value })))]
  })
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}

export function base64 (text: string): string {
  return Buffer.from(text).toString('base64')
}
