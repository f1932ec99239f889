import { isTokenOf, previewName, type Preview, type PreviewHolder } from '../intercepts/preview.ts'

type Buried = { readonly preview: Preview, readonly holder: PreviewHolder }
type Tomb = Buried & { readonly kind: 'revoked' | 'ended' | 'expired' }

/** What was there while this process ran, so that visitors read why it is not any more. */
export type Tombs = {
  readonly bury: (buried: Buried, kind: Tomb['kind']) => void
  readonly find: (token: string) => Tomb['kind'] | undefined
}

const MAX_TOMBS = 2000

export function createTombs (max = MAX_TOMBS): Tombs {
  // In order of burial.
  const byName = new Map<string, Tomb>()
  return {
    bury: ({ preview, holder }, kind) => {
      byName.delete(preview.name)
      byName.set(preview.name, { preview, holder, kind })
      const [oldest] = byName.keys()
      if (byName.size > max && oldest !== undefined) byName.delete(oldest)
    },
    find: token => {
      const tomb = byName.get(previewName(token))
      return tomb !== undefined && isTokenOf(tomb.preview.tokenDigest, token, tomb.holder) ? tomb.kind : undefined
    }
  }
}
