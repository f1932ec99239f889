import type { Answer } from './build-answer.ts'
import { valuesOf, wordsOf, type ReferenceField } from './reference-fields.ts'
import type { ReferenceRequest } from './reference-request.ts'
import type { ReceivedCursor } from './received-cursor.ts'

const NEVER_KEPT = ['connection', 'keep-alive', 'proxy-connection', 'cache-control', 'expires', 'x-accel-expires', 'surrogate-control', 'cdn-cache-control']

/**
 * Compares a diverted response with what the developer's program said (design, 4 and 6.4).
 *
 * @returns whether the caller's connection ends with it; undefined where nothing could be compared.
 */
export function checkReframed (
  cursor: ReceivedCursor, request: ReferenceRequest, answer: Answer, value: string
): boolean | undefined {
  const what = `the diverted ${request.method} ${request.target}`
  for (const interim of answer.interims) {
    const got = cursor.response(request.method, false, what)
    if (got === undefined) return undefined
    if (got.status !== interim) cursor.fail(`${what}: expected ${interim}, got ${got.status}`)
  }
  const got = cursor.response(request.method, true, what)
  if (got === undefined) return undefined
  if (got.status !== answer.status || got.reason !== answer.reason) cursor.fail(`${what}: got ${got.status} ${got.reason}`)
  if (!got.content.equals(answer.content)) cursor.fail(`${what}: ${got.content.length} bytes of body, ${answer.content.length} were sent`)
  const isFramed = got.fields.some(([name]) => name === 'content-length' || name === 'transfer-encoding')
  if (!isFramed && request.version === '1.1' && answer.content.length > 0) cursor.fail(`${what}: its body ends with the connection`)
  for (const problem of fieldProblems(got.fields, answer, value, got.closes)) cursor.fail(`${what}: ${problem}`)
  return got.closes
}

function * fieldProblems (
  got: readonly ReferenceField[], answer: Answer, value: string, closes: boolean
): Generator<string> {
  const connection = wordsOf(got, 'connection')
  if (answer.status === 101 || answer.status === 426) {
    if (!connection.includes('upgrade')) yield 'no Connection: Upgrade'
  } else if (connection.length > (closes ? 1 : 0)) yield `Connection: ${connection.join()}`
  const kept = got.find(([name]) => NEVER_KEPT.includes(name) && name !== 'connection' && name !== 'cache-control')
  if (kept !== undefined) yield `${kept[0]} must be removed`
  const caching = valuesOf(got, 'cache-control')
  if (caching.length !== 1 || caching[0] !== 'private, no-store') yield `Cache-Control: ${caching.join(' | ')}`
  const divertedTo = valuesOf(got, 'x-waylay-diverted-to')
  if (divertedTo.length !== 1 || divertedTo[0] !== `i-${value}`) yield `x-waylay-diverted-to: ${divertedTo.join(' | ')}`
  if (!wordsOf(got, 'vary').some(word => word === 'x-waylay-id' || word === 'baggage')) yield 'Vary does not name the header'
  const all = answer.fields.map(([name, text]): ReferenceField => [name.toLowerCase(), text])
  const sent = all.filter(([name]) => !NEVER_KEPT.includes(name))
  let at = 0
  for (const [name, text] of sent) {
    at = got.findIndex((field, index) => index >= at && field[0] === name && field[1] === text) + 1
    if (at === 0) {
      yield `the field ${name}: ${text} is missing or out of order`
      return
    }
  }
}

/** An answer of the proxy's own: says its code, and that the connection ends. */
export function checkOwnAnswer (cursor: ReceivedCursor, request: ReferenceRequest, codes: readonly string[]): void {
  const what = `the proxy's own answer to ${request.method} ${request.target}`
  const got = cursor.response(request.method, false, what)
  if (got === undefined) return
  const code = valuesOf(got.fields, 'x-waylay-error').join(' | ')
  if (!codes.includes(code)) cursor.fail(`${what}: ${got.status} ${code}, expected ${codes.join(' or ')}`)
  if (got.status !== (code === 'WAYLAY_DEVELOPER_GONE' ? 503 : 502)) cursor.fail(`${what}: status ${got.status}`)
  if (!got.closes) cursor.fail(`${what}: does not say that the connection ends`)
  if (request.method !== 'HEAD' && !got.content.includes(`"${code}"`)) cursor.fail(`${what}: the body does not name the code`)
}
