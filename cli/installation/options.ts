import type { ImageFlags } from '../manifest-images.ts'

/** How an installation is set up, by flags, or as it stands in the cluster. */
export type InstallOptions = ImageFlags & {
  /** Secret in waylay-system by which the images are pulled. */
  readonly imagePullSecret?: string
}
