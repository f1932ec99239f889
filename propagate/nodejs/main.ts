/**
 * Carries trace context, baggage and chosen headers from the requests that a program receives to those that it sends.
 * Nothing is recorded and nothing is sent anywhere else. Loaded by `register.cjs`, before the program.
 */
import { parseHeaderNames } from './header-names.ts'
import { start } from './start.ts'

/** Headers to carry besides the routing header, separated by commas. */
const HEADERS_VARIABLE = 'WAYLAY_PROPAGATE_HEADERS'

const STARTED = Symbol.for('waylay.propagate.started')

if (!(STARTED in globalThis)) {
  Object.defineProperty(globalThis, STARTED, { value: true })
  const { names, refused } = parseHeaderNames(process.env[HEADERS_VARIABLE] ?? '')
  if (refused.length > 0) {
    const list = refused.map(name => JSON.stringify(name)).join(', ')
    process.stderr.write(`waylay: ${HEADERS_VARIABLE}: not carried on: ${list}\n`)
  }
  start(names)
}
