// The library of certificates wants it loaded before.
import 'reflect-metadata'
import { mkdtemp, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { webcrypto, X509Certificate } from 'node:crypto'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { PemConverter, X509CertificateGenerator } from '@peculiar/x509'
import type { ExecutionContext } from 'ava'
import { makeAuthority, makeServing, type Pair } from '../../webhook/certificates/x509.ts'

/** A certificate like no other, with its key. */
export async function makePair (...dnsNames: readonly string[]): Promise<Pair> {
  return await makeServing(await makeAuthority(Date.now()), dnsNames.length === 0 ? ['shop'] : dnsNames, Date.now())
}

/** A certificate that a caller shows; its own authority. */
export async function makeCallerPair (): Promise<Pair> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({ name: 'CN=caller', keys, signingAlgorithm: algorithm })
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  return { certificate: certificate.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') }
}

/** What tells certificates from each other. */
export function fingerprint (certificate: string): string {
  return new X509Certificate(certificate).fingerprint256
}

/** A mounted Secret, empty. */
export async function makeSecretDir (t: ExecutionContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'waylay-tls-'))
  t.teardown(async () => { await rm(dir, { recursive: true, force: true }) })
  return dir
}

let version = 0

/** Writes a mounted Secret as the kubelet does: both files change at once, by moving a link. */
export async function writeSecret (dir: string, { certificate, key }: Pair): Promise<void> {
  const name = `..version-${version++}`
  await mkdir(join(dir, name))
  await writeFile(join(dir, name, 'tls.crt'), certificate)
  await writeFile(join(dir, name, 'tls.key'), key)
  await symlink(name, join(dir, '..new'))
  await rename(join(dir, '..new'), join(dir, '..data'))
}

export type TlsCaller = {
  readonly socket: TLSSocket
  readonly alpn: string | false | null
  readonly version: string | null
  /** Of the certificate that was shown. */
  readonly fingerprint: string | undefined
  /** Everything received up to `text`. */
  readonly received: (text: string) => Promise<string>
}

/** Connects as any caller does. Rejects when there is no TLS. */
export async function callTls (t: ExecutionContext, port: number, options: ConnectionOptions = {}): Promise<TlsCaller> {
  const half: ConnectionOptions & { readonly allowHalfOpen: true } = { allowHalfOpen: true, ...options }
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...half })
  t.teardown(() => socket.destroy())
  await once(socket, 'secureConnect')
  socket.on('error', () => {})
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => { text += piece })
  return {
    socket,
    alpn: socket.alpnProtocol,
    version: socket.getProtocol(),
    fingerprint: socket.getPeerX509Certificate()?.fingerprint256,
    received: async wanted => {
      while (!text.includes(wanted)) {
        if (socket.destroyed) throw new Error(`closed after "${text}"`)
        await Promise.race([once(socket, 'data'), once(socket, 'close')])
      }
      return text
    }
  }
}
