import { TLS_DIR } from '../../common/contract.ts'
import { isTlsPort, type AppPort } from '../../common/injected.ts'
import { badTlsSecret, type TlsWish } from './annotations.ts'

/** Volumes of Secrets: `waylay-tls-0` and so on. */
export const TLS_VOLUME_PREFIX = 'waylay-tls-'

/** Readable for the sidecar's uid, which is not the volume's owner; the volume is mounted in the sidecar alone. */
const READABLE_MODE = 0o444

/**
 * Says of each port whose TLS is to be opened which Secret does it.
 *
 * @throws {SkipSignal} when the pod's own annotation means no port, or one that there is not: never guessed.
 */
export function planTls (ports: readonly AppPort[], wish: TlsWish | undefined): readonly AppPort[] {
  if (wish === undefined) return ports
  const secrets = wish.kind === 'by-port' ? wish.secrets : onePerPort(ports, wish)
  for (const [port, secret] of secrets) {
    if (!ports.some(other => other.port === port)) throw badTlsSecret(`${port}=${secret}`, `ports ${numbers(ports)}`)
  }
  return ports.map(port => {
    const tlsSecret = secrets.get(port.port)
    return tlsSecret === undefined ? port : { ...port, tlsSecret }
  })
}

function onePerPort (
  ports: readonly AppPort[], { secret, isDefault }: Extract<TlsWish, { kind: 'one' }>
): ReadonlyMap<number, string> {
  const named = ports.filter(isTlsPort)
  // Whoever names a Secret on a pod with one port means that one.
  const meant = named.length === 0 && ports.length === 1 && !isDefault ? ports : named
  if (meant.length === 0 && !isDefault) {
    throw badTlsSecret(secret, `with the port, such as ${ports[0]?.port ?? 8443}=${secret}: none of ${numbers(ports)} says that it is TLS`)
  }
  return new Map(meant.map(({ port }) => [port, secret]))
}

function numbers (ports: readonly AppPort[]): string {
  return ports.map(({ port }) => port).join(', ')
}

/**
 * One volume for each Secret that the ports name. A Secret that is not there keeps no pod from starting: its TLS is
 * passed untouched then.
 */
export function tlsVolumes (ports: readonly AppPort[]): readonly { readonly name: string }[] {
  return secretsOf(ports).map((secretName, index) => ({
    name: `${TLS_VOLUME_PREFIX}${index}`,
    secret: {
      secretName,
      optional: true,
      defaultMode: READABLE_MODE,
      // Nothing else that the Secret may hold.
      items: [{ key: 'tls.crt', path: 'tls.crt' }, { key: 'tls.key', path: 'tls.key' }]
    }
  }))
}

/** Where the sidecar finds them. */
export function tlsMounts (ports: readonly AppPort[]): readonly object[] {
  return secretsOf(ports).map((secretName, index) =>
    ({ name: `${TLS_VOLUME_PREFIX}${index}`, mountPath: `${TLS_DIR}/${secretName}`, readOnly: true }))
}

function secretsOf (ports: readonly AppPort[]): readonly string[] {
  return [...new Set(ports.map(({ tlsSecret }) => tlsSecret).filter(name => name !== undefined))]
}
