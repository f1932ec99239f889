import { PROXY_CONTAINER_NAME } from '../../../common/contract.ts'
import { VERSION } from '../../../common/version.ts'
import { detailOf, type Container } from '../../cluster/pod-spec.ts'
import { injectionOf, type Pod } from '../../cluster/pods.ts'

export type CompanionImage = {
  readonly image: string
  readonly imagePullPolicy?: string
  readonly imagePullSecrets: readonly { readonly name?: string }[]
  /** Whether the sidecar beside the app has limits: where a namespace demands them, the companion needs some too. */
  readonly isLimited: boolean
}

type Sidecar = Container & { readonly image?: string, readonly imagePullPolicy?: string }

/**
 * The image of the command line beside the sidecar's, in the same registry and of the same version; pulled likewise.
 *
 * @param injected pods of the originals; the newest counts.
 */
export function companionImage (injected: readonly Pod[]): CompanionImage {
  const [newest] = injected.toSorted((a, b) => createdAt(b).localeCompare(createdAt(a)))
  const spec = newest === undefined ? undefined : detailOf(newest).spec
  const sidecar = spec?.initContainers?.find(({ name }) => name === PROXY_CONTAINER_NAME) as Sidecar | undefined
  const { imagePullSecrets = [] } = (spec ?? {}) as { imagePullSecrets?: CompanionImage['imagePullSecrets'] }
  const version = newest === undefined ? undefined : injectionOf(newest)?.version
  return {
    image: besideSidecar(sidecar?.image ?? 'waylay/sidecar', version ?? VERSION),
    ...(sidecar?.imagePullPolicy !== undefined && { imagePullPolicy: sidecar.imagePullPolicy }),
    imagePullSecrets: imagePullSecrets.filter(({ name }, index) =>
      imagePullSecrets.findIndex(other => other.name === name) === index),
    isLimited: sidecar?.resources?.limits !== undefined
  }
}

/** `registry:5000/waylay/sidecar:1.2` -> `registry:5000/waylay/cli:1.2`. A digest is the sidecar's own and goes. */
function besideSidecar (image: string, version: string): string {
  const [name = ''] = image.split('@')
  const [, folder = '', repository = '', tag] = /^(.*\/)?([^/:]+)(?::([^/:]+))?$/.exec(name) ?? []
  const cli = repository.includes('sidecar') ? repository.replace('sidecar', 'cli') : 'cli'
  return `${folder}${cli}:${tag ?? version}`
}

function createdAt (pod: Pod): string {
  return detailOf(pod).metadata.creationTimestamp ?? ''
}
