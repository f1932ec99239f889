// Apart from preview.ts: what reads a flag by them needs no crypto, which takes time to load.

/** Previews of one Intercept at most. */
export const MAX_PREVIEWS = 16

/** From now on at most: a link that lies about for months is what an expiry is there to prevent. */
export const MAX_PREVIEW_MS = 7 * 86_400_000
