/** Looks at the bytes of one diverted stream. It gets them after they were written on, and never holds them. */
export type StreamWatch = {
  /** Bytes of the caller. Also before the program was reached, so that a request is seen that waits for it. */
  toProgram (bytes: Buffer): void
  /** The program was reached. */
  connected (): void
  fromProgram (bytes: Buffer): void
  /** The program ended its side in an orderly way. */
  programEnded (): void
  /** Nothing comes any more. @param by who ended the connection; `refused`: the program was never reached. */
  closed (by: 'caller' | 'program' | 'refused', why?: string): void
}

/** A watch that fails must cost nobody a byte: from then on it sees nothing more. */
export function guard (watch: StreamWatch): StreamWatch {
  let isBroken = false
  const attempt = (look: () => void): void => {
    if (isBroken) return
    try {
      look()
    } catch (error) {
      isBroken = true
      // What is shown would stay open for ever.
      try { watch.closed('program', `waylay could not read it: ${String(error)}`) } catch {}
    }
  }
  return {
    toProgram: bytes => { attempt(() => { watch.toProgram(bytes) }) },
    connected: () => { attempt(() => { watch.connected() }) },
    fromProgram: bytes => { attempt(() => { watch.fromProgram(bytes) }) },
    programEnded: () => { attempt(() => { watch.programEnded() }) },
    closed: (by, why) => { attempt(() => { watch.closed(by, why) }) }
  }
}

export const CALLER_LEFT = 'The caller left before the response was complete'
export const PROGRAM_CLOSED = 'The program closed its connection before its response was complete'
