import { looksLikePreface } from '../http2/preface.ts'
import type { CallerInput } from './caller-input.ts'
import type { ConnectionDeps } from './connection-deps.ts'
import { Http2Connection } from './http2/connection.ts'
import { looksLikeTls } from './tls/client-hello.ts'
import { spliceWires } from './wire-splice.ts'
import type { Wire } from './wire.ts'

/** Fewer bytes of the preface are also the beginning of a PUT or a POST. */
const MIN_PREFACE_BYTES = 3

/** From here on bytes are copied both ways; what was received and not sent goes first. */
export function handOver (caller: Wire, input: CallerInput, peer: Wire): void {
  const unsent = input.takeAll()
  if (unsent.length > 0) peer.write(unsent)
  spliceWires(caller, peer)
}

/** From here on both sides speak HTTP/2. Nothing of it was passed yet. */
export function handOverHttp2 (
  caller: Wire, input: CallerInput, app: Wire, deps: ConnectionDeps, sent?: { bytes: Buffer, from: number, to: number }
): void {
  const connection = new Http2Connection({ caller, app }, deps)
  const unsent = input.takeAll()
  if (sent !== undefined) connection.feedApp(sent.bytes, sent.from, sent.to)
  if (unsent.length > 0) connection.feedCaller(unsent, 0, unsent.length)
}

/** Whether these first bytes of a caller are those of HTTP/2, as far as they go. */
export function mayBecomeHttp2 (first: Buffer): boolean {
  return first.length >= MIN_PREFACE_BYTES && looksLikePreface(first, 0, first.length) !== 'no'
}

/** A better word for bytes that are no HTTP from the first one on. */
export function nameProtocol (first: Buffer): 'tls' | 'not-http' {
  return looksLikeTls(first, 0, first.length) ? 'tls' : 'not-http'
}
