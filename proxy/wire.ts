/** Who hears what happens on a wire. One at a time: the one that has it now. */
export type WireListener = {
  /**
   * `bytes[from..to)` arrived. The buffer belongs to the wire and is used again when this returns: whoever keeps
   * something copies it, and nobody looks outside `from..to`, where other callers' bytes are.
   */
  onBytes (bytes: Buffer, from: number, to: number): void
  /** The peer will send nothing more; it may still take bytes. */
  onEnd (): void
  /** What was written has gone out, after a write that returned false. */
  onDrain (): void
  /**
   * Nothing can be read or written any more. Never after `close` or `reset` of our own.
   *
   * @param failed refused, reset, or closed without an end; false where both sides had ended.
   */
  onGone (failed: boolean): void
}

/** One side's byte stream: a TCP socket read without an allocation, or any other stream behind the same words. */
export type Wire = {
  /** Replaces whoever listened before. */
  listen (listener: WireListener): void
  /** Sends bytes that nobody changes any more. Returns false when `onDrain` should be waited for. */
  write (bytes: Buffer): boolean
  /** Sends bytes of a buffer that will be used again. Returns false when `onDrain` should be waited for. */
  writeCopy (bytes: Buffer, from: number, to: number): boolean
  readonly needsDrain: boolean
  /** Whether the peer ended its side and `onEnd` was called. */
  readonly ended: boolean
  /** Whether nothing can be read or written any more. */
  readonly destroyed: boolean
  setPaused (paused: boolean): void
  /** FIN after everything that was written; reading goes on. */
  end (): void
  /** Gives the wire up: FIN first, then what still arrives is dropped for a moment. Nobody is told any more. */
  close (): void
  /** Gives the wire up: the peer sees a reset. Nobody is told any more. */
  reset (): void
}

/** Hears nothing: for a wire that was given up. */
export const NOBODY: WireListener = { onBytes: () => {}, onEnd: () => {}, onDrain: () => {}, onGone: () => {} }
