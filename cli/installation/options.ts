import type { ImageFlags } from '../manifest-images.ts'

/** How an installation is set up, by flags, or as it stands in the cluster. */
export type InstallOptions = ImageFlags & {
  /** Secret in waylay-system by which the images are pulled. */
  readonly imagePullSecret?: string
  /** Where the preview gateway serves; without one there is none. */
  readonly previewDomain?: string
  /** Secret in waylay-system with its wildcard certificate; without one TLS ends at an ingress. */
  readonly previewTlsSecret?: string
}

/** As it stands, but for what is asked for now: a registry takes the place of images that were named in full. */
export function mergeOptions (kept: InstallOptions = {}, asked: InstallOptions): InstallOptions {
  const { imagePullSecret, previewDomain, previewTlsSecret } = kept
  if (asked.imageRegistry === undefined) return withoutEmpty({ ...kept, ...asked })
  return withoutEmpty({
    ...(imagePullSecret !== undefined && { imagePullSecret }),
    ...(previewDomain !== undefined && { previewDomain }),
    ...(previewTlsSecret !== undefined && { previewTlsSecret }),
    ...asked
  })
}

/** An empty name is how one says that no Secret, or no gateway, is wanted any more. */
function withoutEmpty (
  { imagePullSecret = '', previewDomain = '', previewTlsSecret = '', ...rest }: InstallOptions
): InstallOptions {
  return {
    ...rest,
    ...(imagePullSecret !== '' && { imagePullSecret }),
    ...(previewDomain !== '' && { previewDomain }),
    ...(previewDomain !== '' && previewTlsSecret !== '' && { previewTlsSecret })
  }
}
