// What the server tells the page: types alone, because both sides are checked against them.

export type ExchangeKind = 'http' | 'grpc' | 'websocket' | 'events' | 'tcp'

/** In ms after the request's head was read; what did not happen yet is missing. */
export type Marks = {
  readonly sentMs?: number
  readonly requestEndMs?: number
  readonly firstByteMs?: number
  readonly endMs?: number
}

/** Frames of a WebSocket, one direction. */
export type FrameCounts = {
  readonly text: number
  readonly binary: number
  readonly control: number
  /** Of payloads. */
  readonly bytes: number
}

export type PassedKind = 'text' | 'binary' | 'close' | 'ping' | 'pong'

/** One message of a WebSocket or of gRPC. */
export type PassedView = {
  /** From 1, of both directions together. */
  readonly number: number
  readonly way: 'sent' | 'received'
  readonly kind: PassedKind
  /** ms after the request's head was read. */
  readonly atMs: number
  /** Of all of it; unfolded, where it could be. */
  readonly totalBytes: number
  /** Bytes that are shown. */
  readonly keptBytes: number
  /** Whether its end is missing. */
  readonly isCut: boolean
  /** Whether it could not be unfolded. */
  readonly isPacked: boolean
  /** Where it is text. */
  readonly text?: string
  /** Where it is not. */
  readonly base64?: string
  /** Whether something in it is hidden. */
  readonly isHidden: boolean
}

/** One line of the list. */
export type Summary = {
  readonly id: number
  readonly kind: ExchangeKind
  readonly state: 'open' | 'done' | 'broken'
  readonly note?: string | undefined
  readonly intercept: string
  readonly pod: string
  readonly caller: string
  readonly method: string
  /** With its query, secrets hidden. */
  readonly target: string
  readonly status?: number | undefined
  /** From the trailers of gRPC. */
  readonly grpcStatus?: number | undefined
  /** What the program says of it, decoded; secrets hidden. */
  readonly grpcMessage?: string | undefined
  /** ms since the epoch. */
  readonly startedAt: number
  readonly marks: Marks
  readonly requestBytes: number
  readonly responseBytes: number
  /** Of the response. */
  readonly contentType?: string | undefined
  readonly replayOf?: number | undefined
}

/** A header line. `value` is null while it is hidden. */
export type FieldView = { readonly name: string, readonly value: string | null }

export type BodyView = {
  readonly totalBytes: number
  /** Bytes that are shown; fewer than `totalBytes` where its end is missing. */
  readonly keptBytes: number
  readonly isCut: boolean
  readonly contentType?: string | undefined
  /** `gzip` and the like, undone here; the bytes are shown as they passed where that failed. */
  readonly encoding?: string | undefined
  /** Where it is text. */
  readonly text?: string
  /** Where it is not. */
  readonly base64?: string
  /** Whether something in it is hidden. */
  readonly isHidden: boolean
}

export type MessageView = {
  readonly headers: readonly FieldView[]
  readonly trailers: readonly FieldView[]
  readonly body: BodyView
}

export type Detail = Summary & {
  readonly httpVersion: string
  readonly reason: string
  readonly developer: string
  readonly request: MessageView
  readonly response?: MessageView
  readonly frames?: { readonly sent: FrameCounts, readonly received: FrameCounts } | undefined
  /** Lengths, in bytes. */
  readonly messages?: { readonly sent: readonly number[], readonly received: readonly number[] } | undefined
  /** The newest messages, oldest first, and how many made room for them. */
  readonly passed?: { readonly messages: readonly PassedView[], readonly lost: number } | undefined
  readonly replays: readonly number[]
}

/** One standing intercept of this process. */
export type Standing = {
  readonly intercept: string
  readonly label: string
  readonly namespace: string
  readonly workload: string
  readonly port: number
  readonly match: string
  readonly developer: string
  /** A curl line that fulfils the match. */
  readonly example: string
}

/** What the page begins with. */
export type Listing = {
  readonly exchanges: readonly Summary[]
  readonly standing: readonly Standing[]
  readonly limits: { readonly exchanges: number, readonly bodyBytes: number, readonly totalBytes: number }
}

/** What comes over the event stream. */
export type Change = {
  readonly changed: readonly Summary[]
  readonly dropped: readonly number[]
}

/** An edited request. What is missing stays as it was. */
export type ReplayWish = {
  readonly method?: string
  /** `••••` in its query stands for the value that was there. */
  readonly target?: string
  /** In place of all; `••••` stands for the value that was there. */
  readonly headers?: readonly (readonly [name: string, value: string])[]
  readonly body?: { readonly text: string } | { readonly base64: string }
}

export type PodPicture = {
  readonly name: string
  readonly intercept: string
  readonly state: 'opening' | 'diverting' | 'lost' | 'broken' | 'refused'
  /** Requests that went to the app since the pod started; missing where it cannot be read. */
  readonly passed?: number | undefined
}

/** Requests from one address through one pod. */
export type CallerPicture = {
  readonly caller: string
  /** Of the pod with this address, where it is known. */
  readonly name?: string | undefined
  readonly pod: string
  readonly intercept: string
  readonly diverted: number
}

export type HolderPicture = {
  readonly name: string
  readonly workload: string
  readonly port: number
  readonly match: string
  readonly owner: string
  readonly host: string
  readonly isOurs: boolean
  readonly requests?: number | undefined
}

export type Picture = {
  /** ms since the epoch. */
  readonly at: number
  readonly standing: readonly Standing[]
  readonly pods: readonly PodPicture[]
  readonly callers: readonly CallerPicture[]
  readonly holders: readonly HolderPicture[]
  /** What could not be read, and why. */
  readonly notes: readonly string[]
}
