import { PatchStrategy, setHeaderOptions } from '@kubernetes/client-node'
import { caBundlePatch, commonAuthorities } from '../ca-bundle.ts'
import type { FoundBundle } from '../certificates/bundle.ts'
import { isStatus, type Cluster } from './client.ts'

const FIELD_MANAGER = 'waylay-webhook'
// cert-manager's annotations: cert-manager.io/inject-ca-from, -from-secret, inject-apiserver-ca.
const INJECTED = /^cert-manager\.io\/inject-/

/** Reads whom our MutatingWebhookConfiguration trusts. */
export async function readBundle ({ admission }: Cluster, name: string): Promise<FoundBundle> {
  const { webhooks = [], metadata } = await admission.readMutatingWebhookConfiguration({ name })
  const version = metadata?.resourceVersion ?? ''
  return {
    certificates: commonAuthorities(webhooks),
    isInjected: Object.keys(metadata?.annotations ?? {}).some(key => INJECTED.test(key)),
    equals: certificates => caBundlePatch(webhooks, certificates, version).length === 0,
    replace: async certificates => {
      const body = [...caBundlePatch(webhooks, certificates, version)]
      try {
        await admission.patchMutatingWebhookConfiguration(
          { name, body, fieldManager: FIELD_MANAGER }, setHeaderOptions('Content-Type', PatchStrategy.JsonPatch))
        return true
      } catch (error) {
        // 422: the version in the patch's test is another by now.
        if (isStatus(error, 422) || isStatus(error, 409)) return false
        throw error
      }
    }
  }
}
