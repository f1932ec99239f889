import { readReferenceResponse, type ReferenceResponse } from './reference-response.ts'

/** What a caller received, taken piece by piece as the model expects it. */
export class ReceivedCursor {
  readonly bytes: Buffer
  at = 0
  /** Set where the model cannot say what comes: from there on a difference is none. */
  loose = false
  readonly problems: string[] = []
  /** Whether nothing more can be compared. */
  stopped = false

  constructor (bytes: Buffer) {
    this.bytes = bytes
  }

  take (expected: Buffer, what: string): void {
    if (this.stopped) return
    const found = this.bytes.subarray(this.at, this.at + expected.length)
    if (found.equals(expected)) this.at += expected.length
    else this.#differ(`${what}: expected ${show(expected)}, received ${show(found)}`)
  }

  /** Reads one response. Undefined where nothing can be compared any more. */
  response (method: string, ended: boolean, what: string): ReferenceResponse | undefined {
    if (this.stopped) return undefined
    const response = readReferenceResponse(this.bytes, this.at, method, ended)
    if ('problem' in response) {
      this.#differ(`${what}: the response is ${response.problem}: ${show(this.bytes.subarray(this.at))}`)
      return undefined
    }
    this.at = response.end
    return response
  }

  fail (problem: string): void {
    if (!this.stopped) this.#differ(problem)
  }

  /** Nothing more may come. */
  finish (): void {
    if (!this.stopped && this.at < this.bytes.length) this.#differ(`the caller received more than was sent: ${show(this.bytes.subarray(this.at))}`)
  }

  #differ (problem: string): void {
    this.stopped = true
    if (!this.loose) this.problems.push(problem)
  }
}

/** The first bytes, for people. */
export function show (bytes: Buffer): string {
  return `${JSON.stringify(bytes.toString('latin1', 0, 200))}${bytes.length > 200 ? `… (${bytes.length} bytes)` : ''}`
}
