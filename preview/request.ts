import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Field } from '../browse/fields.ts'
import type { Visit } from './decide.ts'

/** A request of HTTP/1.1 or HTTP/2. */
export type AnyRequest = IncomingMessage | Http2ServerRequest

/** Its header lines, without what HTTP/2 writes in front of them. */
export function readFields ({ rawHeaders }: { readonly rawHeaders: readonly string[] }): Field[] {
  const fields: Field[] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const [name = '', value = ''] = rawHeaders.slice(index, index + 2)
    if (!name.startsWith(':')) fields.push([name.toLowerCase(), value, name])
  }
  return fields
}

export function readVisit (req: AnyRequest, fields: readonly Field[], isUpgrade: boolean): Visit {
  const valuesOf = (name: string) => fields.filter(field => field[0] === name).map(([, value]) => value)
  return {
    method: req.method ?? '',
    authority: authorityOf(req, valuesOf('host')),
    target: req.url ?? '',
    cookies: valuesOf('cookie'),
    // Several are as good as a foreign one.
    origin: oneOf(valuesOf('origin')),
    fetchSite: oneOf(valuesOf('sec-fetch-site')),
    fetchMode: oneOf(valuesOf('sec-fetch-mode')),
    fetchDest: oneOf(valuesOf('sec-fetch-dest')),
    isUpgrade,
    isWorker: valuesOf('service-worker').length > 0
  }
}

/** Whether bytes follow the head. */
export function hasBody (req: AnyRequest): boolean {
  if ('stream' in req) return !req.stream.endAfterHeaders
  const length = req.headers['content-length']
  return req.headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')
}

function authorityOf (req: AnyRequest, hosts: readonly string[]): string | undefined {
  const all = 'authority' in req && req.authority !== '' ? [req.authority, ...hosts] : hosts
  return new Set(all).size === 1 && hosts.length < 2 ? all[0] : undefined
}

function oneOf (values: readonly string[]): string | undefined {
  return values.length === 0 ? undefined : values.join(', ')
}
