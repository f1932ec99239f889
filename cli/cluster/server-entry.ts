import { readContext, type ClusterFlags } from './kubeconfig.ts'
import type { ClusterEntry, Place } from './kubeconfig-file.ts'
import { readPem } from './tls-options.ts'

/** What the kubeconfig of somebody else needs to reach the same API server; nothing in it is a file of this machine. */
export type ServerEntry = Pick<ClusterEntry,
  'server' | 'tls-server-name' | 'insecure-skip-tls-verify' | 'certificate-authority-data' | 'proxy-url'>

const KEPT = ['server', 'tls-server-name', 'insecure-skip-tls-verify'] as const

/**
 * The cluster's entry of the context that the flags mean, with the authority's file read into it.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER`
 */
export function readServerEntry (
  flags: ClusterFlags, place: Place
): { readonly entry: ServerEntry, readonly warnings: readonly string[] } {
  const { entry } = readContext(flags, place)
  const authority = readPem(entry, 'certificate-authority')
  const proxy = withoutPassword(entry['proxy-url'])
  return {
    entry: {
      ...Object.fromEntries(KEPT.flatMap(key => entry[key] === undefined ? [] : [[key, entry[key]]])),
      ...(authority !== undefined && { 'certificate-authority-data': authority.toString('base64') }),
      ...(proxy !== undefined && { 'proxy-url': proxy })
    },
    warnings: [
      ...proxy === entry['proxy-url'] ? [] : ['Warning: your name and password for the proxy are left out of the kubeconfig.'],
      ...entry['insecure-skip-tls-verify'] === true
        ? ['Warning: the API server\'s certificate is not checked, as in your kubeconfig: whoever is on the way can take the token.']
        : []
    ]
  }
}

/** The proxy's password is its user's, not the cluster's. */
function withoutPassword (text: string | undefined): string | undefined {
  const url = text !== undefined && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || (url.username === '' && url.password === '')) return text
  url.username = ''
  url.password = ''
  return url.href
}
