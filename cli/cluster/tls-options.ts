import { readFileSync } from 'node:fs'
import type { AgentOptions } from 'node:https'
import { isIP } from 'node:net'
import { checkServerIdentity, getCACertificates } from 'node:tls'
import { WaylayError } from '../../common/errors.ts'
import type { ClusterEntry } from './kubeconfig-file.ts'

/**
 * How the API server is checked.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER` naming the file that cannot be read, or what contradicts itself.
 */
export function readTls (entry: ClusterEntry): AgentOptions {
  const name = entry['tls-server-name']
  const hasCa = Boolean(entry['certificate-authority-data'] ?? entry['certificate-authority'])
  if (entry['insecure-skip-tls-verify'] === true) {
    if (!hasCa) return { rejectUnauthorized: false, ...(name !== undefined && asked(name)) }
    throw new WaylayError('WAYLAY_NO_CLUSTER',
      'The kubeconfig gives a certificate authority and says insecure-skip-tls-verify: only one can be meant',
      { hint: 'Take out insecure-skip-tls-verify.' })
  }
  return {
    ca: hasCa ? readPem(entry, 'certificate-authority') : systemAuthorities(),
    ...(name !== undefined && name !== '' && asked(name))
  }
}

/**
 * The data of `<key>-data`, else the contents of the file named by `<key>`; kubectl's order.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER` naming the file.
 */
export function readPem<Key extends string> (
  entry: { readonly [key in Key | `${Key}-data`]?: string }, key: Key
): Buffer | undefined {
  const data = entry[`${key}-data` as const]
  if (data !== undefined && data !== '') return Buffer.from(data, 'base64')
  const file = entry[key]
  if (file === undefined || file === '') return undefined
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new WaylayError('WAYLAY_NO_CLUSTER', `Cannot read the ${key} of the kubeconfig: ${(cause as Error).message}`, { cause })
  }
}

/** The name that the certificate must be for; addresses are never asked for by name (RFC 6066), but still checked. */
function asked (name: string): AgentOptions {
  if (isIP(name) === 0) return { servername: name }
  return { servername: '', checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) }
}

/** Those that this machine trusts, as kubectl does, beside Node's own. */
function systemAuthorities (): string[] {
  return [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]
}
