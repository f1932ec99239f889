import { SYSTEM_NAMESPACE } from '../../common/contract.ts'
import { PREVIEW_DEPLOYMENT } from '../manifest-images.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

/** The preview gateway as it stands in the cluster. */
export type PreviewGateway = {
  readonly domain: string
  /** Replicas that there are to be, and those that visitors are sent to. */
  readonly replicas: number
  readonly ready: number
}

type Container = { readonly env?: readonly { readonly name: string, readonly value?: string }[] }

type Deployment = {
  readonly spec?: {
    readonly replicas?: number
    readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } }
  }
  readonly status?: { readonly availableReplicas?: number }
}

/** Undefined where there is none. @throws {WaylayError} `WAYLAY_FORBIDDEN` for who may not look. */
export async function readPreviewGateway (cluster: Cluster): Promise<PreviewGateway | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'get',
    resource: 'deployments.apps',
    namespace: SYSTEM_NAMESPACE,
    name: PREVIEW_DEPLOYMENT,
    path: `/apis/apps/v1/namespaces/${SYSTEM_NAMESPACE}/deployments/${PREVIEW_DEPLOYMENT}`,
    expected: [404]
  })
  if (status === 404) return undefined
  const { spec, status: found } = body as Deployment
  const env = spec?.template?.spec?.containers?.flatMap(container => container.env ?? []) ?? []
  return {
    domain: env.find(({ name }) => name === 'WAYLAY_PREVIEW_DOMAIN')?.value ?? 'no domain',
    replicas: spec?.replicas ?? 1,
    ready: found?.availableReplicas ?? 0
  }
}
