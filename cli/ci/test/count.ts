/** One Intercept whose requests are counted. */
export type Counted = {
  readonly namespace: string
  /** Of the Intercept object. */
  readonly intercept: string
  /** `kind/name`. */
  readonly workload: string
  readonly port: number
}

/** How many requests it diverted while the tests ran. */
export type Count = Counted & { readonly requests: number }

/** Counts diverted requests from its making on. */
export type Counter = {
  /**
   * The counts once nothing of the past is under way any more; soon where they are enough, else as late as a holder
   * may tell.
   *
   * @throws {WaylayError} where they cannot be had.
   */
  readonly settle: (areEnough: (counts: readonly Count[]) => boolean) => Promise<readonly Count[]>
  /** What a person wants to know where there were none. Never rejects. */
  readonly diagnose: () => Promise<readonly string[]>
  readonly stop: () => void
}
