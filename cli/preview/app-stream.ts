import type { Duplex } from 'node:stream'
import { connect } from 'node:tls'
import type { PodWay } from './pod-way.ts'

export type AppStreamOptions = {
  readonly way: Pick<PodWay, 'dial'>
  /** Undefined: the app speaks without TLS. */
  readonly tlsName: string | undefined
}

export type Protocol = 'http/1.1' | 'h2'

/**
 * Opens a connection to the app, with TLS where its port carries that.
 *
 * Nobody's certificate is checked: it is the pod at the other end of a port-forward that the API server checked, and
 * what pods serve among themselves is signed by authorities that no developer's machine knows.
 *
 * @throws {WaylayError} what `PodWay.dial` throws.
 */
export async function openAppStream (
  { way, tlsName }: AppStreamOptions, protocol: Protocol
): Promise<{ readonly stream: Duplex, readonly pod: string }> {
  const { stream, pod } = await way.dial()
  if (tlsName === undefined) return { stream, pod }
  const secure = connect({ socket: stream, servername: tlsName, rejectUnauthorized: false, ALPNProtocols: [protocol] })
  // Nobody else would tell it why the way broke.
  stream.once('error', error => { secure.destroy(error) })
  return { stream: secure, pod }
}
