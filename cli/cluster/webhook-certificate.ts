import { X509Certificate } from 'node:crypto'
import { WaylayError } from '../../common/errors.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

const PATH = '/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/waylay'

type Configuration = { readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[] }

/** Until when the API server trusts the webhook, by the authorities in its configuration: ms since the epoch. */
export async function readCertificateEnd (cluster: Cluster): Promise<number> {
  const resource = 'mutatingwebhookconfigurations.admissionregistration.k8s.io'
  const { status, body } = await callApi(cluster, { verb: 'get', resource, name: 'waylay', path: PATH, expected: [404] })
  if (status === 404) throw new WaylayError('WAYLAY_NOT_INSTALLED', 'There is no MutatingWebhookConfiguration "waylay"')
  const bundles = new Set((body as Configuration).webhooks?.map(({ clientConfig }) => clientConfig?.caBundle ?? ''))
  const ends = [...bundles].map(endOfBundle)
  return Math.min(...ends)
}

function endOfBundle (bundle: string): number {
  const pem = Buffer.from(bundle, 'base64').toString()
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  if (certificates.length === 0) {
    throw new WaylayError('WAYLAY_CERTIFICATE_INVALID', 'The webhook has not written its caBundle yet',
      { hint: 'kubectl -n waylay-system logs deployment/waylay-webhook' })
  }
  return Math.max(...certificates.map(certificate => Date.parse(new X509Certificate(certificate).validTo)))
}
