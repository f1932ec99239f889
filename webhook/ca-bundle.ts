import { distinct, fingerprint, splitCertificates } from './certificates/pem.ts'

/** One webhook of a configuration, as far as it concerns us. */
export type RegisteredWebhook = { readonly name: string, readonly clientConfig: { readonly caBundle?: string } }

type BundleOperation = { readonly op: 'test' | 'add', readonly path: string, readonly value: string }

/**
 * The JSON Patch that makes every webhook of the configuration trust exactly these; empty when all of them do.
 *
 * @param version of the configuration that was read: somebody may have changed it since.
 */
export function caBundlePatch (
  webhooks: readonly RegisteredWebhook[], certificates: readonly string[], version: string
): readonly BundleOperation[] {
  const wanted = names(certificates)
  const caBundle = Buffer.from(certificates.map(pem => `${pem.trim()}\n`).join('')).toString('base64')
  const changes = webhooks.flatMap((webhook, index): BundleOperation[] => {
    if (names(readBundle(webhook)) === wanted) return []
    return [{ op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }]
  })
  return changes.length === 0 ? [] : [{ op: 'test', path: '/metadata/resourceVersion', value: version }, ...changes]
}

/** Whom every webhook of the configuration trusts. */
export function commonAuthorities (webhooks: readonly RegisteredWebhook[]): readonly string[] {
  const [first = [], ...others] = webhooks.map(readBundle)
  const known = others.map(certificates => new Set(certificates.map(fingerprint)))
  return distinct(first).filter(certificate => known.every(names => names.has(fingerprint(certificate))))
}

function readBundle ({ clientConfig }: RegisteredWebhook): readonly string[] {
  return splitCertificates(Buffer.from(clientConfig.caBundle ?? '', 'base64').toString())
}

// Their order means nothing, and neither does a repetition.
function names (certificates: readonly string[]): string {
  return [...new Set(certificates.map(fingerprint))].sort().join()
}
