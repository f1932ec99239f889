import { readdir, readFile } from 'node:fs/promises'
import { parseAllDocuments } from 'yaml'
import { WaylayError } from '../common/errors.ts'

/** An object of the API, as a manifest holds it. */
export type Manifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string, readonly namespace?: string }
}

// Beside cli/ in the repository, beside dist/ in the package and in the image.
const FOLDER = new URL('../manifests/', import.meta.url)

/** Reads every object of manifests/: the same files an administrator applies with kubectl. */
export async function readManifests (folder: URL = FOLDER): Promise<readonly Manifest[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith('.yaml') && name !== 'kustomization.yaml').sort()
  const texts = await Promise.all(names.map(async name => await readFile(new URL(name, folder), 'utf8')))
  return texts.flatMap(readDocuments)
    .filter(value => value !== null && value !== undefined)
    .map(value => readManifest(value))
}

// Not with the Kubernetes client's reader: it renames what its own types cannot name, in a schema `enum` to `_enum`.
function readDocuments (text: string): unknown[] {
  return parseAllDocuments(text).map(document => {
    const [error] = document.errors
    if (error !== undefined) throw error
    return document.toJS() as unknown
  })
}

function readManifest (value: unknown): Manifest {
  const { apiVersion, kind, metadata } = value as Partial<Manifest>
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string') {
    throw new WaylayError('WAYLAY_INTERNAL', `A manifest has no apiVersion, kind or name: ${JSON.stringify(value).slice(0, 80)}`)
  }
  return value as Manifest
}

// What others need comes first; what makes the API server call us comes last, when we can answer.
const CREATION_ORDER = [
  'Namespace', 'CustomResourceDefinition', 'ServiceAccount', 'ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding',
  'Secret', 'ConfigMap', 'Service', 'PodDisruptionBudget', 'Deployment', 'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration'
]

/** Sorted so that each object finds what it needs. Kinds we do not name come before the Deployment. */
export function inOrderOfCreation (manifests: readonly Manifest[]): readonly Manifest[] {
  const rank = ({ kind }: Manifest): number => {
    const at = CREATION_ORDER.indexOf(kind)
    return at === -1 ? CREATION_ORDER.indexOf('Deployment') - 0.5 : at
  }
  return manifests.toSorted((a, b) => rank(a) - rank(b))
}

/** The other way round: first nobody is called any more, then those who would have answered go. */
export function inOrderOfRemoval (manifests: readonly Manifest[]): readonly Manifest[] {
  return inOrderOfCreation(manifests).toReversed()
}
