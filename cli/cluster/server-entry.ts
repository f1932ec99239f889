import { readContext, type ClusterFlags } from './kubeconfig.ts'
import type { ClusterEntry, Place } from './kubeconfig-file.ts'
import { readPem } from './tls-options.ts'

/** What the kubeconfig of somebody else needs to reach the same API server; nothing in it is a file of this machine. */
export type ServerEntry = Pick<ClusterEntry,
  'server' | 'tls-server-name' | 'insecure-skip-tls-verify' | 'certificate-authority-data' | 'proxy-url'>

const KEPT = ['server', 'tls-server-name', 'insecure-skip-tls-verify', 'proxy-url'] as const

/**
 * The cluster's entry of the context that the flags mean, with the authority's file read into it.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER`
 */
export function readServerEntry (flags: ClusterFlags, place: Place): ServerEntry {
  const { entry } = readContext(flags, place)
  const authority = readPem(entry, 'certificate-authority')
  return {
    ...Object.fromEntries(KEPT.flatMap(key => entry[key] === undefined ? [] : [[key, entry[key]]])),
    ...(authority !== undefined && { 'certificate-authority-data': authority.toString('base64') })
  }
}
