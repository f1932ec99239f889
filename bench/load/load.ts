/** What a generator of load counted. */
export type LoadResult = {
  readonly requests: number
  readonly seconds: number
  readonly bytes: number
  /** NaN where the generator does not know. */
  readonly p50Us: number
  /** Failed connections, time-outs, and answers that are no success. */
  readonly errors: number
}
