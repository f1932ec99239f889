import type { FuzzCase } from './fuzz-case.ts'
import type { ProgramConnection, Served } from './program-connection.ts'

/** What a program said on one of its connections: an answer, or something that nobody asked for. */
export type Said = {
  readonly connection: ProgramConnection
  readonly bytes: Buffer
  readonly served: Served | undefined
}

/** A developer's stream, as it was opened. */
export type OpenedStream = {
  readonly value: string
  readonly outcome: 'accepted' | 'refused' | 'gone'
  readonly connection: ProgramConnection | undefined
  readonly openedAt: number
}

/** Everything that was seen of one case. */
export type Observation = {
  readonly fuzzCase: FuzzCase
  readonly appConnections: readonly ProgramConnection[]
  readonly appSaid: readonly Said[]
  readonly streams: readonly OpenedStream[]
  readonly developerSaid: readonly Said[]
  readonly callerReceived: Buffer
  readonly callerEnding: 'fin' | 'reset'
  /** How many bytes of the stream the caller could send. */
  readonly sentBytes: number
  /** Where nobody intercepts: bytes that had not reached the app when the caller fell silent. */
  readonly heldBytes: number
  /** What did not end in time. */
  readonly hangs: readonly string[]
}
