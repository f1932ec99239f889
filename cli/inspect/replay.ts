import type { Exchange, Origin } from './exchange.ts'
import type { ExchangeLog } from './exchange-log.ts'
import { replayHttp1 } from './replay-http1.ts'
import { replayHttp2 } from './replay-http2.ts'
import { requestOf } from './replay-request.ts'
import type { ReplayWish } from './view-types.ts'

/**
 * Sends a request that passed once more to the program that got it, and to nobody else. What comes of it stands in the
 * log as an exchange of its own.
 *
 * @returns its id; the response comes when it comes.
 * @throws {WaylayError} `WAYLAY_USAGE` when it cannot be sent as it is wished.
 */
export function replay (log: ExchangeLog, original: Exchange, wish: ReplayWish): number {
  const request = requestOf(original, wish)
  const { developer, intercept, pod, protocol } = original.origin
  const origin: Origin = { developer, intercept, pod, protocol, caller: REPLAY_CALLER, replayOf: original.id }
  return protocol === 'h2c' ? replayHttp2(log, origin, request) : replayHttp1(log, origin, request)
}

/** Who calls when it is the inspector. */
const REPLAY_CALLER = 'replay'
