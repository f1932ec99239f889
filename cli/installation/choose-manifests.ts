import { VERSION } from '../../common/version.ts'
import { inOrderOfCreation, readManifests, type Manifest } from '../manifests.ts'
import { chooseImages } from '../manifest-images.ts'
import { addPreviewGateway } from './preview-gateway.ts'
import { addPullSecret } from './pull-secret.ts'
import type { InstallOptions } from './options.ts'

/** On every object of an installation, as `kubectl apply -k` and the chart write it too. */
export const VERSION_LABEL = 'app.kubernetes.io/version'

/** Everything that makes an installation, set up as asked, in the order of creation. */
export async function chooseManifests (options: InstallOptions): Promise<readonly Manifest[]> {
  const pulled = await addPullSecret(await readManifests(), options.imagePullSecret)
  const manifests = await addPreviewGateway(pulled, options)
  return inOrderOfCreation(manifests).map(manifest => labelVersion(chooseImages(manifest, options)))
}

function labelVersion (manifest: Manifest): Manifest {
  const { metadata } = manifest
  return { ...manifest, metadata: { ...metadata, labels: { ...metadata.labels, [VERSION_LABEL]: VERSION } } }
}
