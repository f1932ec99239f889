/** One webhook of a configuration, as far as it concerns us. */
export type RegisteredWebhook = { readonly name: string, readonly clientConfig: { readonly caBundle?: string } }

type BundleOperation = { readonly op: 'test' | 'add', readonly path: string, readonly value: string }

/**
 * The JSON Patch that makes every webhook of the configuration trust our authority; empty when all of them do.
 *
 * @param caBundle PEM in base64, as the API holds it.
 */
export function caBundlePatch (webhooks: readonly RegisteredWebhook[], caBundle: string): readonly BundleOperation[] {
  return webhooks.flatMap((webhook, index) => {
    if (webhook.clientConfig.caBundle === caBundle) return []
    return [
      // Somebody may have reordered the list since it was read.
      { op: 'test', path: `/webhooks/${index}/name`, value: webhook.name },
      { op: 'add', path: `/webhooks/${index}/clientConfig/caBundle`, value: caBundle }
    ]
  })
}
