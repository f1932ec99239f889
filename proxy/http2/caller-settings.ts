import { HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE, readLowestSetting, readSetting } from '../../http2/settings.ts'

const DEFAULT_TABLE_BYTES = 4096
/** SETTINGS that a caller may send before the app has acknowledged one. */
const MAX_WAITING = 1000

type Waiting = {
  readonly lowestTableBytes: number | undefined
  readonly tableBytes: number | undefined
  readonly windowBytes: number | undefined
}

/**
 * What the caller's SETTINGS say about what it gets. They count from the app's acknowledgement on, which is when the
 * caller itself begins to go by them (RFC 9113, 6.5.3), so also for frames that are not the app's.
 *
 * A caller that makes its header table smaller may insist that the first block after that says so (RFC 7541, 4.2), and
 * that block may be one of ours. Saying so is right for the app as well: its next block must make its table as small,
 * or smaller.
 */
export class CallerSettings {
  readonly #waiting: Waiting[] = []
  #tableBytes = DEFAULT_TABLE_BYTES
  #dueTableBytes: number | undefined

  /** The caller's SETTINGS, at `at`. Returns false when there are too many. */
  onSettings (bytes: Buffer, at: number): boolean {
    return this.#waiting.push({
      lowestTableBytes: readLowestSetting(bytes, at, HEADER_TABLE_SIZE),
      tableBytes: readSetting(bytes, at, HEADER_TABLE_SIZE),
      windowBytes: readSetting(bytes, at, INITIAL_WINDOW_SIZE)
    }) <= MAX_WAITING
  }

  /** The app has acknowledged the oldest of them. Returns the window of a stream that counts from here on, if any. */
  onAck (): number | undefined {
    const { lowestTableBytes, tableBytes, windowBytes } = this.#waiting.shift() ?? NOTHING
    if (lowestTableBytes !== undefined && lowestTableBytes < this.#tableBytes) {
      this.#dueTableBytes = Math.min(lowestTableBytes, this.#dueTableBytes ?? lowestTableBytes)
    }
    this.#tableBytes = tableBytes ?? this.#tableBytes
    return windowBytes
  }

  /** A block of the app is on its way, which says what is to be said. */
  onAppBlock (): void {
    this.#dueTableBytes = undefined
  }

  /** The size update that a block of ours begins with. */
  takeTableUpdate (): number | undefined {
    const due = this.#dueTableBytes
    this.#dueTableBytes = undefined
    return due
  }
}

const NOTHING: Waiting = { lowestTableBytes: undefined, tableBytes: undefined, windowBytes: undefined }
