import { readManifestFile } from '../manifest-files.ts'
import { readDocuments, readManifest, type Manifest } from '../manifests.ts'
import { mergeByName } from './merge.ts'

const COMPONENT = 'components/pull-secret/'
/** The name that the Secret has in the component. */
const DEFAULT_NAME = 'waylay-registry'

/** Adds what is needed to pull our images with a Secret of waylay-system; nothing where none is named. */
export async function addPullSecret (
  manifests: readonly Manifest[], name: string | undefined
): Promise<readonly Manifest[]> {
  if (name === undefined) return manifests
  const read = async (file: string): Promise<string> => await readManifestFile(COMPONENT + file)
  const [patchText, ...texts] = await Promise.all([read('deployment-patch.yaml'), read('rbac.yaml'), read('policy.yaml')])
  const patch = readManifest(readDocuments(patchText.replaceAll(DEFAULT_NAME, name))[0])
  const patched = manifests.map(manifest =>
    isSame(manifest, patch) ? mergeByName(manifest, patch) as Manifest : manifest)
  return [...patched, ...texts.flatMap(readDocuments).map(value => readManifest(value))]
}

function isSame (one: Manifest, other: Manifest): boolean {
  return one.kind === other.kind && one.metadata.name === other.metadata.name
}
