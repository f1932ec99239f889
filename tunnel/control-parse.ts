import type { FromCli, FromProxy, PortState, TunnelEvent } from './control-messages.ts'
import { readCode, readCount, readFlag, readList, readPort, readText, readTexts, toFields, type Fields } from './fields.ts'

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
      return { type, intercept: intercept(), ticket: readText(fields, 'ticket'), proof: readText(fields, 'proof') }
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
  const text = (name: string) => fields[name] === undefined ? undefined : { [name]: readText(fields, name) }
  return {
    type: 'event',
    event,
    intercept: readText(fields, 'intercept'),
    ...text('method'),
    ...text('path'),
    ...text('reason'),
    ...(fields['status'] !== undefined && { status: readCount(fields, 'status') }),
    ...(typeof fields['durationMs'] === 'number' && { durationMs: fields['durationMs'] })
  }
}
