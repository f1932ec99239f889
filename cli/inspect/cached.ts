import { toWaylayError } from '../../common/errors.ts'

/** What was read last, and why nothing newer could be. */
export type Known<T> = { readonly value: T | undefined, readonly problem: string | undefined }

/**
 * Asks at most once in `maxAgeMs`, and only when somebody wants to know: several pages, or one that is asked often,
 * cost the API server no more.
 */
export class Cached<T> {
  readonly #read: () => Promise<T>
  readonly #maxAgeMs: number
  readonly #now: () => number
  #readAtMs = -Infinity
  #known: Promise<Known<T>> = Promise.resolve({ value: undefined, problem: undefined })

  constructor (read: () => Promise<T>, maxAgeMs: number, now: () => number) {
    this.#read = read
    this.#maxAgeMs = maxAgeMs
    this.#now = now
  }

  /** Never rejects. */
  async get (): Promise<Known<T>> {
    if (this.#now() - this.#readAtMs >= this.#maxAgeMs) {
      this.#readAtMs = this.#now()
      const before = this.#known
      this.#known = this.#read().then(
        value => ({ value, problem: undefined }),
        async (error: unknown) => ({ value: (await before).value, problem: toWaylayError(error).message }))
    }
    return await this.#known
  }
}
