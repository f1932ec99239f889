import type { SecureVersion } from 'node:tls'
import type { ClientHello } from './client-hello.ts'

const TLS_1_2 = 0x0303
const TLS_1_3 = 0x0304
const SUITES_1_3: ReadonlySet<number> = new Set([0x1301, 0x1302, 0x1303])
/** TLS 1.2 with a key exchange that keeps the past secret, AES-GCM or ChaCha20, by the certificate's key. */
const SUITES_1_2: Readonly<Record<string, ReadonlySet<number>>> = {
  rsa: new Set([0xc02f, 0xc030, 0xcca8]),
  ec: new Set([0xc02b, 0xc02c, 0xcca9])
}

/**
 * The versions of TLS in which we could answer this caller with a key of this type. Others, and callers with none, are
 * the app's matter: it may speak what our OpenSSL does not.
 */
export function answerableVersions (hello: ClientHello, keyType: string): readonly SecureVersion[] {
  const has = (suites: ReadonlySet<number> | undefined): boolean =>
    hello.cipherSuites.some(suite => suites?.has(suite) === true)
  return [
    ...(hello.versions.includes(TLS_1_2) && has(SUITES_1_2[keyType]) ? ['TLSv1.2' as const] : []),
    ...(hello.versions.includes(TLS_1_3) && has(SUITES_1_3) ? ['TLSv1.3' as const] : [])
  ]
}
