import { join } from 'node:path'
import type { AppPort } from '../../common/injected.ts'
import type { Logger } from '../../common/log.ts'
import { Certificates } from './certificates.ts'
import { TlsPort } from './tls-port.ts'

/**
 * Reads the certificates of the ports whose TLS is to be opened, and follows them. Never rejects: without a certificate
 * a port's TLS is passed untouched.
 *
 * @param dir where the Secrets are mounted, each in a folder by its name.
 */
export async function readTlsPorts (
  ports: readonly AppPort[], dir: string, log: Pick<Logger, 'info' | 'warn'>
): Promise<ReadonlyMap<number, TlsPort>> {
  const bySecret = new Map<string, Certificates>()
  const tlsPorts = new Map<number, TlsPort>()
  for (const { port, tlsSecret } of ports) {
    if (tlsSecret === undefined) continue
    const certificates = bySecret.get(tlsSecret) ?? new Certificates(join(dir, tlsSecret), log)
    bySecret.set(tlsSecret, certificates)
    tlsPorts.set(port, new TlsPort(certificates))
  }
  await Promise.all([...bySecret.values()].map(async certificates => { await certificates.start() }))
  return tlsPorts
}
