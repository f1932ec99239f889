import { once } from 'node:events'
import { createServer as createHttps } from 'node:https'
import { createSecureServer } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TlsOptions, type TLSSocket } from 'node:tls'
import type { ExecutionContext } from 'ava'
import { Certificates } from '../../proxy/tls/certificates.ts'
import { TlsPort } from '../../proxy/tls/tls-port.ts'
import type { Pair } from '../../webhook/certificates/x509.ts'
import { proxyPort, type ProxiedPort } from './proxied-port.ts'
import { makePair, makeSecretDir, writeSecret } from './tls.ts'

/** An app that speaks TLS, behind a proxy that has its Secret. */
export type TlsPod = {
  readonly pod: ProxiedPort
  readonly certificates: Certificates
  readonly secretDir: string
  readonly app: Server
  /** The app's certificate; in the Secret too, unless told otherwise. */
  readonly pair: Pair
}

export type TlsPodOptions = {
  readonly kind?: 'http/1.1' | 'h2 and http/1.1' | 'raw'
  readonly onConnection?: (socket: TLSSocket) => void
  readonly tls?: TlsOptions
  /** What is in the Secret; null for nothing. */
  readonly secret?: Pair | null
}

const QUIET = { info: () => {}, warn: () => {} }

export async function startTlsPod (t: ExecutionContext, options: TlsPodOptions = {}): Promise<TlsPod> {
  const pair = await makePair()
  const app = makeApp(options, { cert: pair.certificate, key: pair.key, ...options.tls })
  app.on('tlsClientError', () => {})
  app.listen(0, '127.0.0.1')
  await once(app, 'listening')
  const sockets = new Set<TLSSocket>()
  app.on('secureConnection', socket => {
    sockets.add(socket)
    socket.on('error', () => {})
  })
  t.teardown(() => {
    app.close()
    for (const socket of sockets) socket.destroy()
  })
  const secretDir = await makeSecretDir(t)
  if (options.secret !== null) await writeSecret(secretDir, options.secret ?? pair)
  const certificates = new Certificates(secretDir, QUIET)
  await certificates.look()
  const pod = await proxyPort(t, (app.address() as AddressInfo).port, { tls: new TlsPort(certificates) })
  return { pod, certificates, secretDir, app, pair }
}

/** A port with a certificate that no app shows. */
export async function aTlsPort (t: ExecutionContext): Promise<TlsPort> {
  const dir = await makeSecretDir(t)
  await writeSecret(dir, await makePair())
  const certificates = new Certificates(dir, QUIET)
  await certificates.look()
  return new TlsPort(certificates)
}

type Asked = { readonly url?: string | undefined, readonly httpVersion: string }

function makeApp ({ kind = 'http/1.1', onConnection }: TlsPodOptions, tls: TlsOptions): Server {
  if (kind === 'raw') return createServer({ ...tls, allowHalfOpen: true } as TlsOptions, onConnection)
  const answer = ({ url, httpVersion }: Asked, response: { end: (text: string) => void }): void => {
    response.end(`app ${url} over ${httpVersion}`)
  }
  return kind === 'http/1.1'
    ? createHttps(tls, answer)
    : createSecureServer({ ...tls, allowHTTP1: true }, answer)
}
