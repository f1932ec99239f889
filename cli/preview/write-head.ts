import type { Field } from '../../http1/fields.ts'
import type { RequestHead } from '../../http1/request-head.ts'
import type { ResponseHead } from '../../http1/response-head.ts'

/** What belongs to one connection (RFC 9110, 7.6.1). */
const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'proxy-connection', 'http2-settings'])
/** What stays, also where Connection names it: both sides must agree on them. */
const KEPT: ReadonlySet<string> = new Set(['host', 'content-length', 'transfer-encoding', 'te', 'upgrade', 'trailer'])

/** A connection that changes over to HTTP/2 would carry requests that nobody marks. */
const UNWANTED_UPGRADE = /^h2c?$/i

/** Whether the request asks for another protocol, and may. */
export function asksForUpgrade (head: RequestHead, fields: readonly Field[]): boolean {
  return head.upgrade && !fields.some(([name, value]) => name === 'upgrade' && value.split(',').some(isUnwanted))
}

function isUnwanted (protocol: string): boolean {
  return UNWANTED_UPGRADE.test(protocol.trim())
}

/** The request's head for the app's connection, which stays open whatever the caller does with theirs. */
export function writeRequestHead (
  { method, version }: Pick<RequestHead, 'method' | 'version'>, target: string, fields: readonly Field[], upgrades: boolean
): Buffer {
  const kept = endToEnd(fields).filter(([name]) => upgrades || name !== 'upgrade')
  const options = [...upgrades ? ['Upgrade'] : [], ...kept.some(([name]) => name === 'te') ? ['TE'] : []]
  return writeLines(`${method} ${target} HTTP/${version}`, kept, options)
}

/** The response's head for the caller's connection. @param closes whether that ends after it. */
export function writeResponseHead (
  { status, reason }: Pick<ResponseHead, 'status' | 'reason'>, fields: readonly Field[], closes: boolean
): Buffer {
  const upgrades = status === 101 || status === 426
  const options = [...upgrades ? ['Upgrade'] : [], ...closes ? ['close'] : []]
  return writeLines(`HTTP/1.1 ${status} ${reason}`, endToEnd(fields), options)
}

function endToEnd (fields: readonly Field[]): readonly Field[] {
  const named = new Set<string>()
  for (const [name, value] of fields) {
    if (name === 'connection') for (const option of value.toLowerCase().split(',')) named.add(option.trim())
  }
  return fields.filter(([name]) => !HOP_BY_HOP.has(name) && (!named.has(name) || KEPT.has(name)))
}

function writeLines (start: string, fields: readonly Field[], options: readonly string[]): Buffer {
  let text = `${start}\r\n`
  for (const [name, value, sentName] of fields) text += `${sentName ?? name}: ${value}\r\n`
  if (options.length > 0) text += `Connection: ${options.join(', ')}\r\n`
  return Buffer.from(`${text}\r\n`, 'latin1')
}
