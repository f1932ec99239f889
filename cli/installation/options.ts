import type { ImageFlags } from '../manifest-images.ts'

/** How an installation is set up, by flags, or as it stands in the cluster. */
export type InstallOptions = ImageFlags & {
  /** Secret in waylay-system by which the images are pulled. */
  readonly imagePullSecret?: string
}

/** As it stands, but for what is asked for now: a registry takes the place of images that were named in full. */
export function mergeOptions (kept: InstallOptions = {}, asked: InstallOptions): InstallOptions {
  const { imagePullSecret } = kept
  if (asked.imageRegistry === undefined) return withoutEmpty({ ...kept, ...asked })
  return withoutEmpty({ ...(imagePullSecret !== undefined && { imagePullSecret }), ...asked })
}

/** An empty name is how one says that no Secret is needed any more. */
function withoutEmpty ({ imagePullSecret = '', ...rest }: InstallOptions): InstallOptions {
  return imagePullSecret === '' ? rest : { ...rest, imagePullSecret }
}
