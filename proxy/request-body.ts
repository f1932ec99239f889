/** Past this many bytes of a request whose answer is already complete, the connection ends instead. */
const MAX_DROPPED_BYTES = 1024 * 1024

/** The body that is being read of a caller: who gets it. */
export class RequestBody {
  /** Undefined between requests; 'nobody' when the answer is complete already, and the rest is read and dropped. */
  to: 'app' | 'developer' | 'nobody' | undefined
  #droppedBytes = 0

  /** Reads and drops the rest. */
  drop (): void {
    this.to = 'nobody'
    this.#droppedBytes = 0
  }

  /** Counts dropped bytes. Returns false when they are too many. */
  mayDrop (bytes: number): boolean {
    this.#droppedBytes += bytes
    return this.#droppedBytes <= MAX_DROPPED_BYTES
  }

  end (): void {
    this.to = undefined
  }
}
