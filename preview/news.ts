/** How true what is known of the cluster still is. */
export type News = {
  readonly onNews: () => void
  /** @param silentMs for how long nothing had come before, where that is the trouble. */
  readonly onTrouble: (silentMs?: number) => void
  /** Something has come at all. */
  readonly isSynced: () => boolean
  /** A given clock, which stands while the API server is away: nobody can renew then. */
  readonly standing: (nowMs: number) => number
  /** Whether nothing has come for so long that what was taken back since would still be shown. */
  readonly isBlind: () => boolean
}

const BLIND_MS = 60_000

/** @param monotonicMs never jumps. */
export function createNews (monotonicMs: () => number): News {
  let isSynced = false
  let brokenAtMs: number | undefined
  const brokenForMs = (): number => brokenAtMs === undefined ? 0 : monotonicMs() - brokenAtMs
  return {
    onNews: () => {
      isSynced = true
      brokenAtMs = undefined
    },
    onTrouble: (silentMs = 0) => { brokenAtMs ??= monotonicMs() - silentMs },
    isSynced: () => isSynced,
    standing: nowMs => nowMs - brokenForMs(),
    isBlind: () => !isSynced || brokenForMs() > BLIND_MS
  }
}
