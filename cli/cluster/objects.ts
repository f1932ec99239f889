import { WaylayError } from '../../common/errors.ts'
import type { Manifest } from '../manifests.ts'
import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import { listAll } from './list-all.ts'
import { createPlaces, groupOf, prefixOf, type Kind, type Resource } from './places.ts'

/** As whom we apply. */
export const FIELD_MANAGER = 'waylay'

/** A field that we would write and somebody else holds. */
export type FieldConflict = { readonly manager: string, readonly field: string }

/** What became of a server-side apply. */
export type Applied =
  | { readonly kind: 'applied', readonly object: unknown }
  | { readonly kind: 'conflict', readonly conflicts: readonly FieldConflict[] }
  /** Only in a dry run: its namespace is yet to be made. */
  | { readonly kind: 'no-namespace' }

type Asking = {
  /** Ask the API server to do everything but keep it. */
  readonly dryRun?: boolean
}

/** Objects of any kind, by their manifests: paths come from the API server's discovery, read once for each group. */
export type Objects = {
  /** Whether the cluster has objects of this kind at all. */
  isKnown (kind: Kind): Promise<boolean>
  /** Server-side apply: fields that others own stay theirs, unless it is forced. */
  apply (manifest: Manifest, options?: Asking & { readonly force?: boolean }): Promise<Applied>
  /** False when it was not there. */
  remove (manifest: Manifest, options?: Asking): Promise<boolean>
  /** Undefined when it is not there. */
  get (manifest: Manifest): Promise<unknown>
  /** Of all namespaces. Empty where the cluster does not know the kind. @param selector of labels. */
  list (kind: Kind, selector: string): Promise<readonly Found[]>
}

/** An object as the API server has it, as far as we look at any. */
export type Found = Manifest & {
  readonly metadata: Manifest['metadata'] & {
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
    readonly managedFields?: readonly { readonly manager?: string, readonly operation?: string }[]
  }
}

export function createObjects (cluster: Cluster): Objects {
  const { find, locate } = createPlaces(cluster)
  return {
    isKnown: async kind => await find(kind) !== undefined,
    async apply (manifest, { dryRun = false, force = false } = {}) {
      const place = await locate(manifest)
      if (place === undefined) {
        throw new WaylayError('WAYLAY_CLUSTER_TOO_OLD', `The cluster does not know ${manifest.kind} of ${manifest.apiVersion}`)
      }
      const path = `${place.path}?fieldManager=${FIELD_MANAGER}&force=${force}${dryRun ? '&dryRun=All' : ''}`
      const expected = dryRun ? [404, 409] : [409]
      // JSON is YAML: no serialiser needed.
      const asked = { ...place, verb: 'patch', path, expected, contentType: 'application/apply-patch+yaml' } as const
      const { status, body } = await callApi(cluster, { ...asked, body: manifest })
      if (status === 404) return { kind: 'no-namespace' }
      return status === 409 ? { kind: 'conflict', conflicts: readConflicts(body) } : { kind: 'applied', object: body }
    },
    async remove (manifest, { dryRun = false } = {}) {
      const place = await locate(manifest)
      if (place === undefined) return false
      const body = {
        apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Foreground', ...(dryRun && { dryRun: ['All'] })
      }
      // 409: it is on its way out, as a namespace is for a while.
      const { status } = await callApi(cluster, { ...place, verb: 'delete', body, expected: [404, 409] })
      return status !== 404
    },
    async get (manifest) {
      const place = await locate(manifest)
      if (place === undefined) return undefined
      const { status, body } = await callApi(cluster, { ...place, verb: 'get', expected: [404] })
      return status === 404 ? undefined : body
    },
    list: async (kind, selector) => await listKind(cluster, await find(kind), kind, selector)
  }
}

async function listKind (
  cluster: Cluster, resource: Resource | undefined, { apiVersion, kind }: Kind, selector: string
): Promise<readonly Found[]> {
  if (resource === undefined) return []
  const asked = { verb: 'list', resource: `${resource.name}${groupOf(apiVersion)}` } as const
  const path = `${prefixOf(apiVersion)}/${resource.name}`
  // Items of a list do not say what they are.
  return (await listAll<Found>(cluster, asked, path, encodeURIComponent(selector)))
    .map(item => ({ ...item, apiVersion, kind }))
}

type ConflictStatus = {
  readonly details?: { readonly causes?: readonly { readonly message?: string, readonly field?: string }[] }
}

// The cause says `conflict with "kubectl" using apps/v1`, with or without a time.
function readConflicts (body: unknown): readonly FieldConflict[] {
  return ((body as ConflictStatus).details?.causes ?? []).map(({ message = '', field = '' }) => ({
    manager: /conflict with "([^"]*)"/.exec(message)?.[1] ?? message, field
  }))
}
