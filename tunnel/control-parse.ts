import type { Check, FromCli, FromProxy, PortState, TunnelEvent } from './control-messages.ts'
import { readCode, readCount, readDuration, readFlag, readList, readPort, readText, readTexts, toFields, type Fields } from './fields.ts'

/**
 * What the CLI may say. Undefined: a type this version does not know, to be ignored.
 *
 * @throws {ProtocolViolation} naming the field and its value
 */
export function parseFromCli (value: unknown): FromCli | undefined {
  const fields = toFields(value)
  const type = readText(fields, 'type')
  const intercept = () => readText(fields, 'intercept')
  switch (type) {
    case 'hello': return { type, ...readVersion(fields) }
    case 'add':
      return {
        type,
        intercept: intercept(),
        ticket: readText(fields, 'ticket'),
        proof: readText(fields, 'proof'),
        ...optionalText(fields, 'hostHeader')
      }
    case 'check': return readCheck(fields)
    case 'remove': return { type, intercept: intercept() }
    default: return undefined
  }
}

/** What the proxy may say, the same way. */
export function parseFromProxy (value: unknown): FromProxy | undefined {
  const fields = toFields(value)
  const type = readText(fields, 'type')
  const intercept = () => readText(fields, 'intercept')
  switch (type) {
    case 'welcome':
      return {
        type,
        ...readVersion(fields),
        nonce: readText(fields, 'nonce'),
        namespace: readText(fields, 'namespace'),
        pod: readText(fields, 'pod'),
        workload: readText(fields, 'workload'),
        ports: readList(fields, 'ports', readPortState)
      }
    case 'added': return { type, intercept: intercept(), bypassing: readCount(fields, 'bypassing') }
    case 'refused':
    case 'ended':
      return { type, intercept: intercept(), code: readCode(fields, 'code'), message: readText(fields, 'message') }
    case 'removed': return { type, intercept: intercept() }
    case 'checked':
      return {
        type,
        intercept: intercept(),
        nonce: readText(fields, 'nonce'),
        durationMs: readDuration(fields, 'durationMs'),
        ...optionalText(fields, 'pod'),
        ...optionalText(fields, 'reason')
      }
    case 'event': return readEvent(fields)
    default: return undefined
  }
}

function readVersion (fields: Fields) {
  return {
    protocol: readCount(fields, 'protocol'),
    version: readText(fields, 'version'),
    features: readTexts(fields, 'features')
  }
}

function readPortState (item: unknown): PortState {
  const fields = toFields(item)
  const { tls } = fields
  return {
    port: readPort(fields, 'port'),
    redirected: readFlag(fields, 'redirected'),
    ...(tls === 'opened' || tls === 'no-secret' ? { tls } : {})
  }
}

function readEvent (fields: Fields): TunnelEvent | undefined {
  const event = readText(fields, 'event')
  if (event !== 'request' && event !== 'opaque' && event !== 'overload') return undefined
  return {
    type: 'event',
    event,
    intercept: readText(fields, 'intercept'),
    ...optionalText(fields, 'method'),
    ...optionalText(fields, 'path'),
    ...optionalText(fields, 'reason'),
    ...optionalText(fields, 'requestId'),
    ...(fields['status'] !== undefined && { status: readCount(fields, 'status') }),
    ...(typeof fields['durationMs'] === 'number' && { durationMs: fields['durationMs'] })
  }
}

function readCheck (fields: Fields): Check {
  const { via } = fields
  return {
    type: 'check',
    intercept: readText(fields, 'intercept'),
    nonce: readText(fields, 'nonce'),
    tls: readFlag(fields, 'tls'),
    ...(via !== undefined && { via: readHost(toFields(via)) })
  }
}

function readHost (fields: Fields): { readonly host: string, readonly port: number } {
  return { host: readText(fields, 'host'), port: readPort(fields, 'port') }
}

/** A field that may be missing, but if it is there it is a text. */
function optionalText<Name extends string> (fields: Fields, name: Name): { readonly [key in Name]?: string } {
  return fields[name] === undefined ? {} : { [name]: readText(fields, name) } as { [key in Name]: string }
}
