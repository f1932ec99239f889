import { readManifestFile } from '../manifest-files.ts'
import { readDocuments, readManifest, type Manifest } from '../manifests.ts'
import { mergeByName } from './merge.ts'
import type { InstallOptions } from './options.ts'

const COMPONENT = 'components/preview/'
const FILES = ['rbac.yaml', 'service.yaml', 'disruption-budget.yaml', 'deployment.yaml'] as const
/** What stands in the component for what is asked for. */
const DEFAULT = { domain: 'preview.example.com', secret: 'secretName: waylay-preview-tls' } as const

/** Where TLS ends at an ingress, the gateway speaks plain HTTP. */
const WITHOUT_TLS = [
  ['value: secret\n', 'value: ingress\n'], ['name: https\n      port: 443\n', 'name: http\n      port: 80\n']
] as const

/** Adds the preview gateway; nothing where no domain is named. */
export async function addPreviewGateway (
  manifests: readonly Manifest[], { previewDomain, previewTlsSecret, imagePullSecret }: InstallOptions
): Promise<readonly Manifest[]> {
  if (previewDomain === undefined) return manifests
  const read = async (file: string): Promise<readonly Manifest[]> => {
    const text = await readManifestFile(COMPONENT + file)
    const named = text.replaceAll(DEFAULT.domain, previewDomain)
      .replaceAll(DEFAULT.secret, previewTlsSecret === undefined ? DEFAULT.secret : `secretName: ${previewTlsSecret}`)
    const edits = previewTlsSecret === undefined ? WITHOUT_TLS : []
    const edited = edits.reduce((before, [place, put]) => before.replace(place, put), named)
    return readDocuments(edited).map(value => readManifest(value))
  }
  const [patches, added] = await Promise.all([read('webhook-patch.yaml'), Promise.all(FILES.map(read))])
  const patch = patches[0]
  const patched = manifests.map(manifest => isSame(manifest, patch) ? merge(manifest, patch) : manifest)
  const pulled = { spec: { template: { spec: { imagePullSecrets: [{ name: imagePullSecret }] } } } }
  return [...patched, ...added.flat().map(manifest =>
    manifest.kind === 'Deployment' && imagePullSecret !== undefined ? merge(manifest, pulled) : manifest)]
}

function merge (manifest: Manifest, patch: unknown): Manifest {
  return mergeByName(manifest, patch) as Manifest
}

function isSame (one: Manifest, other: Manifest | undefined): boolean {
  return one.kind === other?.kind && one.metadata.name === other.metadata.name
}
