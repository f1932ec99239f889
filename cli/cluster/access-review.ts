import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'

/** One right, in the words of RBAC. */
export type Right = {
  readonly verb: string
  /** Empty for the core group. */
  readonly group: string
  readonly resource: string
  readonly subresource?: string
  /** Of one object. */
  readonly name?: string
}

/** Asks the API server whether we may. Every user may ask that. */
export async function mayI (cluster: Cluster, namespace: string, right: Right): Promise<boolean> {
  const { verb, group, resource, subresource, name } = right
  const { body } = await callApi(cluster, {
    verb: 'create',
    resource: 'selfsubjectaccessreviews.authorization.k8s.io',
    path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      spec: {
        resourceAttributes: {
          namespace,
          verb,
          group,
          resource,
          ...(subresource !== undefined && { subresource }),
          ...(name !== undefined && { name })
        }
      }
    }
  })
  return (body as { readonly status?: { readonly allowed?: boolean } }).status?.allowed === true
}
