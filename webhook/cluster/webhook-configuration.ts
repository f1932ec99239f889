import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { caBundlePatch } from '../ca-bundle.ts'
import type { Cluster } from './client.ts'

const FIELD_MANAGER = 'waylay-webhook'

/** Writes our authority into the MutatingWebhookConfiguration where it is not there yet. Returns whether it had to. */
export async function writeCaBundle ({ admission }: Cluster, name: string, authorityPem: string): Promise<boolean> {
  const configuration = await admission.readMutatingWebhookConfiguration({ name })
  const body = caBundlePatch(configuration.webhooks ?? [], Buffer.from(authorityPem).toString('base64'))
  if (body.length === 0) return false
  await admission.patchMutatingWebhookConfiguration(
    { name, body, fieldManager: FIELD_MANAGER }, setHeaderOptions('Content-Type', PatchStrategy.JsonPatch))
  return true
}
