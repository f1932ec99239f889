import { parseAllDocuments } from 'yaml'
import { WaylayError } from '../common/errors.ts'
import { manifestFileNames, readManifestFile } from './manifest-files.ts'

/** An object of the API, as a manifest holds it. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
  }
}

/** Reads every object of manifests/: the same files an administrator applies with kubectl. */
export async function readManifests (): Promise<readonly Manifest[]> {
  const names = (await manifestFileNames()).filter(name => name.endsWith('.yaml') && name !== 'kustomization.yaml')
  const texts = await Promise.all(names.map(readManifestFile))
  return texts.flatMap(readDocuments)
    .filter(value => value !== null && value !== undefined)
    .map(value => readManifest(value))
}

/**
 * Reads a YAML file of objects.
 *
 * Not with the Kubernetes client's reader: it renames what its own types cannot name, in a schema `enum` to `_enum`.
 */
export function readDocuments (text: string): unknown[] {
  return parseAllDocuments(text).map(document => {
    const [error] = document.errors
    if (error !== undefined) throw error
    return document.toJS() as unknown
  })
}

/** @throws {WaylayError} `WAYLAY_INTERNAL` where it is no object of the API. */
export function readManifest (value: unknown): Manifest {
  const { apiVersion, kind, metadata } = value as Partial<Manifest>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
    throw new WaylayError('WAYLAY_INTERNAL', `A manifest has no apiVersion, kind or name: ${JSON.stringify(value).slice(0, 80)}`)
  }
  return value as Manifest
}

/**
 * Every kind that an installation of any version may be made of. What others need comes first; what makes the API
 * server call us comes last, when we can answer.
 */
export const CREATED_KINDS: readonly Pick<Manifest, 'apiVersion' | 'kind'>[] = [
  { apiVersion: 'v1', kind: 'Namespace' },
  { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition' },
  { apiVersion: 'v1', kind: 'ServiceAccount' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  { apiVersion: 'v1', kind: 'Secret' },
  { apiVersion: 'v1', kind: 'ConfigMap' },
  { apiVersion: 'v1', kind: 'Service' },
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicy' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingAdmissionPolicyBinding' },
  { apiVersion: 'apps/v1', kind: 'Deployment' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration' },
  { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'MutatingWebhookConfiguration' }
]

/** Sorted so that each object finds what it needs. */
export function inOrderOfCreation (manifests: readonly Manifest[]): readonly Manifest[] {
  const rank = (manifest: Manifest): number => CREATED_KINDS.findIndex(({ kind }) => kind === manifest.kind)
  return manifests.toSorted((a, b) => rank(a) - rank(b))
}

/** The other way round: first nobody is called any more, then those who would have answered go. */
export function inOrderOfRemoval (manifests: readonly Manifest[]): readonly Manifest[] {
  return inOrderOfCreation(manifests).toReversed()
}
