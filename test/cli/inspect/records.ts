import { createDeveloper } from '../../../cli/intercept/developer/developer.ts'
import type { Exchange, Origin } from '../../../cli/inspect/exchange.ts'
import { ExchangeLog, type LogLimits } from '../../../cli/inspect/exchange-log.ts'

/** Where exchanges of a test come from. */
export const ORIGIN: Origin = {
  intercept: 'abc', pod: 'payments-1', caller: '10.0.0.7', protocol: 'http/1.1', developer: createDeveloper({ port: 3000 })
}

/** A log whose clock goes on by 1 ms at each look. */
export function aLog (limits?: LogLimits): ExchangeLog {
  let ms = 0
  return new ExchangeLog({ now: () => ++ms, wallNow: () => Date.UTC(2026, 0, 1) + ms }, limits)
}

/** What was seen of an exchange, but for its times. */
export function recordOf (exchange: Exchange) {
  const { method, target, kind, state, status, note, requestBody, responseBody } = exchange
  return {
    method,
    target,
    kind,
    state,
    status,
    note,
    sent: requestBody.bytes.toString('latin1'),
    received: responseBody.bytes.toString('latin1'),
    headers: exchange.requestHeaders.map(([name, value, sentName]) => `${sentName ?? name}: ${value}`),
    trailers: exchange.responseTrailers.map(([name, value]) => `${name}: ${value}`)
  }
}
