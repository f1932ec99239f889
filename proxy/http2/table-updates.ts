import { HEADER_TABLE_SIZE, readLowestSetting, readSetting } from '../../http2/settings.ts'

const DEFAULT_TABLE_BYTES = 4096
/** SETTINGS that a caller may send before the app has acknowledged one. */
const MAX_WAITING = 1000

/**
 * Whether the next header block for the caller must begin with a size update. A caller that makes its table smaller
 * may insist that the first block after the acknowledgement says so (RFC 7541, 4.2), and that block may be one of
 * ours. Saying so is right for the app as well: its next block must make its table as small, or smaller.
 */
export class TableUpdates {
  readonly #waiting: (readonly [lowest: number, last: number] | undefined)[] = []
  #tableBytes = DEFAULT_TABLE_BYTES
  #due: number | undefined

  /** The caller's SETTINGS, at `at`. Returns false when there are too many. */
  onCallerSettings (bytes: Buffer, at: number): boolean {
    const last = readSetting(bytes, at, HEADER_TABLE_SIZE)
    const lowest = readLowestSetting(bytes, at, HEADER_TABLE_SIZE)
    return this.#waiting.push(last === undefined || lowest === undefined ? undefined : [lowest, last]) <= MAX_WAITING
  }

  /** The app has acknowledged the oldest of them. */
  onAck (): void {
    const sizes = this.#waiting.shift()
    if (sizes === undefined) return
    const [lowest, last] = sizes
    if (lowest < this.#tableBytes) this.#due = Math.min(lowest, this.#due ?? lowest)
    this.#tableBytes = last
  }

  /** A block of the app is on its way, which says what is to be said. */
  onAppBlock (): void {
    this.#due = undefined
  }

  /** The update that a block of ours begins with. */
  take (): number | undefined {
    const due = this.#due
    this.#due = undefined
    return due
  }
}
