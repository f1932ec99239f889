import { isPreviewToken, previewName, type Preview } from '../../../intercepts/preview.ts'
import type { Intercept } from '../../../intercepts/object.ts'

/** A shared link as it stands in the cluster. */
export type SharedLink = { readonly intercept: Intercept, readonly preview: Preview }

/** Every link on these, by namespace and end. */
export function linksOf (intercepts: readonly Intercept[]): readonly SharedLink[] {
  return intercepts
    .flatMap(intercept => (intercept.spec.previews ?? []).map(preview => ({ intercept, preview })))
    .sort((a, b) => keyOf(a) < keyOf(b) ? -1 : 1)
}

/** The origin that visitors see. */
export function hostOf ({ name, domain }: Preview): string {
  return domain === undefined ? name : `${name}.${domain}`
}

/** The name that a link is called by: as it is, or as the first label of either of its hosts. */
export function nameIn (text: string): string {
  const [, host = text] = /^(?:https?:\/\/)?([^/?#]*)/i.exec(text.trim()) ?? []
  const label = host.split('.', 1)[0]?.toLowerCase() ?? ''
  return isPreviewToken(label) ? previewName(label) : label
}

function keyOf ({ intercept: { metadata }, preview }: SharedLink): string {
  return `${metadata.namespace} ${preview.expiresAt} ${preview.name}`
}
