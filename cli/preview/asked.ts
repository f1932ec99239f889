import { toAppFields } from '../../browse/request-fields.ts'
import type { Mapping } from '../../browse/url-map.ts'
import type { WaylayError } from '../../common/errors.ts'
import type { Field } from '../../http1/fields.ts'
import type { RequestHead } from '../../http1/request-head.ts'
import { whyRefused } from './guard.ts'
import { pathOf, type Site } from './site.ts'
import { asksForUpgrade, writeRequestHead } from './write-head.ts'

/** A request as far as its turn needs it. */
export type Asked = {
  readonly method: string
  readonly path: string
  readonly accept: string
  /** The head that the app gets. */
  readonly head: Buffer
  readonly mapping: Mapping
  /** Whether the caller's connection stays open after it. */
  readonly keepAlive: boolean
  readonly isVersion10: boolean
  /** Whether it asks the app for another protocol. */
  readonly upgrades: boolean
  /** Whether it may be sent twice (RFC 9110, 9.2.2). */
  readonly isRepeatable: boolean
  /** Why it is not sent at all. */
  readonly refusal: WaylayError | undefined
}

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Whether a request may be sent twice (RFC 9110, 9.2.2). */
export function isRepeatable (method: string): boolean {
  return IDEMPOTENT.has(method)
}

/** As it is sent to a proxy, and may be to a server (RFC 9112, 3.2.2). */
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i

/** Reads a request that has come; to be called before the next head is read. */
export function readAsked (head: RequestHead, site: Site): Asked {
  const [, authority, rest] = ABSOLUTE.exec(head.target) ?? []
  const target = rest === undefined ? head.target : rest.startsWith('/') ? rest : `/${rest}`
  const sent = head.fields
  const fields = authority === undefined ? sent : sent.map(field => named(field, authority))
  const { method, version } = head
  const mapping = site.mappingFor(fields.find(([name]) => name === 'host')?.[1])
  const upgrades = asksForUpgrade(head, fields)
  return {
    method,
    path: pathOf(target),
    accept: fields.find(([name]) => name === 'accept')?.[1] ?? '',
    head: writeRequestHead({ method, version }, target, toAppFields(fields, mapping, site.routing), upgrades),
    mapping,
    keepAlive: head.keepAlive && version === '1.1',
    isVersion10: version === '1.0',
    upgrades,
    isRepeatable: isRepeatable(method),
    refusal: whyRefused(method, fields, site.address)
  }
}

/** Where both say it, the target counts (RFC 9112, 3.2.2). */
function named (field: Field, host: string): Field {
  const [name, , sentName = name] = field
  return name === 'host' ? [name, host, sentName] : field
}
