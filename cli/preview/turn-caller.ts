import type { AppConnection } from './app-connection.ts'

/** The connection that a turn's answer goes to. */
export type TurnCaller = {
  /** False: wait for `Turn.onCallerDrain`. */
  write (bytes: Buffer): boolean
  /** What is written until `uncork` goes out at once: a short answer costs one packet, not one for its head as well. */
  cork (): void
  uncork (): void
  pause (): void
  resume (): void
  /** The answer is complete. @param closes whether the connection ends with it. */
  onAnswered (closes: boolean): void
  /** Bytes go both ways from here on; `rest` came behind the answer's head. */
  onUpgraded (app: AppConnection, rest: Buffer): void
  /** The answer cannot be completed. */
  abort (): void
}
