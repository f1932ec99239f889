import type { WaylayCode } from '../common/failures.ts'

/**
 * What the two ends say to each other on stream 1, which the CLI opens: each message is 4 bytes of length (big endian)
 * and that many bytes of JSON, at most `MAX_CONTROL_BYTES`. A receiver ignores fields it does not know.
 *
 *   CLI                          proxy
 *   hello  ─────────────────────▶
 *          ◀───────────────────── welcome (nonce)
 *   add (ticket, proof) ────────▶
 *          ◀───────────────────── added | refused
 *   remove ─────────────────────▶
 *          ◀───────────────────── removed
 *          ◀───────────────────── ended (route taken away by the proxy's side: ticket over, fence)
 *   check ──────────────────────▶        (send a marked request along the callers' way)
 *          ◀───────────────────── checked
 *          ◀───────────────────── event (something the developer wants to know)
 */
export type Hello = {
  readonly type: 'hello'
  readonly protocol: number
  readonly version: string
  readonly features: readonly string[]
}

export type Welcome = {
  readonly type: 'welcome'
  readonly protocol: number
  readonly version: string
  readonly features: readonly string[]
  /** 128 random bits, base64: what `add.proof` signs. One for each session. */
  readonly nonce: string
  readonly namespace: string
  readonly pod: string
  readonly workload: string
  readonly ports: readonly PortState[]
}

export type PortState = {
  readonly port: number
  /** False where the init container could not write its rules: requests do not reach the proxy. */
  readonly redirected: boolean
  /** Where the port's TLS is to be opened: whether the pod has a certificate to do it with. */
  readonly tls?: 'opened' | 'no-secret'
}

export type Add = {
  readonly type: 'add'
  readonly intercept: string
  /** Sent again with a renewed ticket of the same fence, it prolongs the route and changes nothing else. */
  readonly ticket: string
  readonly proof: string
  /** Written over `Host` (`:authority`) of diverted requests, for developers' servers that refuse foreign ones. */
  readonly hostHeader?: string
}

/** From now on matching requests of this pod are diverted. */
export type Added = {
  readonly type: 'added'
  readonly intercept: string
  /** Connections to the port that were opened before the proxy saw them and stay direct. */
  readonly bypassing: number
}

export type Refused = {
  readonly type: 'refused'
  readonly intercept: string
  readonly code: WaylayCode
  readonly message: string
}

export type Remove = { readonly type: 'remove', readonly intercept: string }
export type Removed = { readonly type: 'removed', readonly intercept: string }

export type Ended = {
  readonly type: 'ended'
  readonly intercept: string
  readonly code: WaylayCode
  readonly message: string
}

/**
 * Asks for a HEAD request that fulfils the match and carries `NONCE_HEADER`, to be sent by this pod's proxy. A proxy
 * that holds the intercept answers it itself; neither app nor developer ever sees it.
 */
export type Check = {
  readonly type: 'check'
  readonly intercept: string
  /** `<intercept>.<random>`; names the check in the answer too. */
  readonly nonce: string
  /** A Service's ClusterIP and port. Without it the request goes to this very pod: its own address, the app's port. */
  readonly via?: { readonly host: string, readonly port: number }
  readonly tls: boolean
}

export type Checked = {
  readonly type: 'checked'
  readonly intercept: string
  readonly nonce: string
  /** Name of the pod whose proxy answered; undefined where no proxy did. */
  readonly pod?: string
  readonly durationMs: number
  /** Why no proxy answered: a status of somebody else's, or an error. */
  readonly reason?: string
}

/** One diverted request that ended, or something else worth a line in the developer's terminal. */
export type TunnelEvent = {
  readonly type: 'event'
  readonly event: 'request' | 'opaque' | 'overload'
  readonly intercept: string
  readonly method?: string
  /** Without the query. */
  readonly path?: string
  readonly status?: number
  readonly durationMs?: number
  readonly reason?: string
  /** `x-request-id`, or else the trace id of `traceparent`. */
  readonly requestId?: string
}

export type FromCli = Hello | Add | Remove | Check
export type FromProxy = Welcome | Added | Refused | Removed | Ended | Checked | TunnelEvent
export type ControlMessage = FromCli | FromProxy

/**
 * First bytes of a stream that the proxy opens: 4 bytes of length (big endian), that much JSON, then raw bytes of the
 * caller.
 */
export type StreamHead = {
  readonly intercept: string
  readonly port: number
  readonly protocol: 'http/1.1' | 'h2c' | 'tcp'
  readonly caller: { readonly address: string, readonly port: number }
}

/**
 * First bytes of a stream that the CLI opens after its control stream, framed the same way: connect me with this host.
 * The proxy does so only while the session holds a ticket with `egress`, and never to loopback or link-local addresses.
 * Its answer is a `StreamReply`, then raw bytes.
 */
export type DialHead = { readonly dial: { readonly host: string, readonly port: number } }

/** First bytes of the CLI's answer on that stream, framed the same way, then raw bytes of the developer's program. */
export type StreamReply =
  | { readonly ok: true }
  | { readonly ok: false, readonly code: WaylayCode, readonly message: string }
