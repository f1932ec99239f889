import { WaylayError } from '../../../common/errors.ts'
import { callApi } from '../../cluster/api.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { listAll } from '../../cluster/list-all.ts'
import { createPlaces, groupOf, prefixOf, type Kind } from '../../cluster/places.ts'
import type { Manifest } from '../../manifests.ts'

/** Objects of a kind, or why they are unknown, in words that end a sentence. */
export type Listed<T extends Manifest> = { readonly items: readonly T[], readonly unseen?: string }

/** Lists objects of kinds that a cluster may or may not know. */
export type KindLister = {
  /** Undefined where the cluster does not know the group. */
  versionOf (group: string): Promise<string | undefined>
  /** Empty where the cluster does not know the kind. @param namespace undefined: of the whole cluster. */
  list<T extends Manifest>(kind: Kind, namespace?: string): Promise<Listed<T>>
}

type Groups = {
  readonly groups?: readonly { readonly name: string, readonly preferredVersion: { readonly groupVersion: string } }[]
}

export function createKindLister (cluster: Cluster): KindLister {
  const places = createPlaces(cluster)
  let groups: Promise<Groups> | undefined

  const list = async <T extends Manifest>({ apiVersion, kind }: Kind, namespace?: string): Promise<Listed<T>> => {
    const found = await places.find({ apiVersion, kind })
    if (found === undefined) return { items: [] }
    const resource = `${found.name}${groupOf(apiVersion)}`
    const within = found.namespaced ? namespace : undefined
    const asked = { verb: 'list', resource, ...(within !== undefined && { namespace: within }) } as const
    const path = `${prefixOf(apiVersion)}${within === undefined ? '' : `/namespaces/${within}`}/${found.name}`
    // Items of a list do not say what they are.
    return { items: (await listAll<T>(cluster, asked, path)).map(item => ({ ...item, apiVersion, kind })) }
  }

  return {
    async versionOf (group) {
      groups ??= callApi(cluster, { verb: 'get', resource: 'the API groups', path: '/apis' })
        .then(({ body }) => body as Groups)
      return (await groups).groups?.find(({ name }) => name === group)?.preferredVersion.groupVersion
    },
    async list (kind, namespace) {
      try {
        return await list(kind, namespace)
      } catch (error) {
        // A right that is missing, for example. Who gets no answer now must not go on as if there were none: the clones
        // of before would be removed.
        if (!(error instanceof WaylayError) || error.code === 'WAYLAY_NO_CLUSTER') throw error
        return { items: [], unseen: error.message }
      }
    }
  }
}
