import { ENVIRONMENT_KIND, ENVIRONMENT_LABELS } from '../../common/contract.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { listAll } from '../cluster/list-all.ts'

/** An object that an environment is made of, as far as we read any. */
export type Part = {
  /** `pod`, `service`: as kubectl takes it. */
  readonly kind: string
  readonly name: string
  /** Of the Environment that owns it; undefined for what a part of it made, and for what lost its owner. */
  readonly ownerUid: string | undefined
  readonly isEnding: boolean
  readonly finalizers: readonly string[]
}

type Found = {
  readonly metadata: {
    readonly name: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly ownerReferences?: readonly { readonly kind: string, readonly uid?: string }[]
  }
}

const KINDS = [
  ['deployment', 'apps/v1'], ['service', 'v1'], ['configmap', 'v1'], ['serviceaccount', 'v1'],
  ['role', 'rbac.authorization.k8s.io/v1'], ['rolebinding', 'rbac.authorization.k8s.io/v1'],
  ['networkpolicy', 'networking.k8s.io/v1'], ['pod', 'v1']
] as const

/** What there is of an environment, by its label, in those kinds that the user may list. */
export async function findParts (
  cluster: Cluster, namespace: string, environment: string
): Promise<readonly Part[]> {
  const found = await Promise.all(KINDS.map(async ([kind, apiVersion]) => {
    try {
      return await listKind(cluster, { namespace, environment, kind, apiVersion })
    } catch (error) {
      if (toWaylayError(error).code === 'WAYLAY_FORBIDDEN') return []
      throw error
    }
  }))
  return found.flat()
}

/** The Environment that an object says it is owned by. */
export function ownerUidOf ({ metadata }: { readonly metadata: object }): string | undefined {
  const { ownerReferences = [] } = metadata as Found['metadata']
  return ownerReferences.find(({ kind }) => kind === ENVIRONMENT_KIND)?.uid
}

async function listKind (cluster: Cluster, { namespace, environment, kind, apiVersion }: {
  readonly namespace: string
  readonly environment: string
  readonly kind: string
  readonly apiVersion: string
}): Promise<readonly Part[]> {
  const plural = kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`
  const [group = '', version] = apiVersion.split('/')
  const path = `/${version === undefined ? 'api' : 'apis'}/${apiVersion}/namespaces/${namespace}/${plural}`
  const resource = version === undefined ? plural : `${plural}.${group}`
  const selector = encodeURIComponent(`${ENVIRONMENT_LABELS.environment}=${environment}`)
  const items = await listAll<Found>(cluster, { verb: 'list', resource, namespace }, path, selector)
  return items.map(item => ({
    kind,
    name: item.metadata.name,
    ownerUid: ownerUidOf(item),
    isEnding: item.metadata.deletionTimestamp !== undefined,
    finalizers: item.metadata.finalizers ?? []
  }))
}
