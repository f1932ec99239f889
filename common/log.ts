import { pino, type Logger as PinoLogger } from 'pino'

/** A part's logger: constant message, fields in the object, never a header value or a query string. */
export type Logger = Pick<PinoLogger, 'error' | 'warn' | 'info' | 'debug'>

/**
 * Makes the logger of one part: JSON lines on stdout, with a dotted `event` in each.
 *
 * Levels: `error` is our bug; `warn`, somebody must act; `info`, one line for each session or intercept, also for
 * callers who hang up; `debug`, frames and routes.
 */
export function createLogger (part: string, level: string): Logger {
  return pino({
    level,
    base: { part },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: label => ({ level: label }) },
    serializers: { err: pino.stdSerializers.err }
  })
}
