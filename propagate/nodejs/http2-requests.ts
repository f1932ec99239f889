import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import type { Travel } from './travel.ts'

type AnyHeaders = OutgoingHttpHeaders | readonly string[]
type Request = (headers?: AnyHeaders, ...rest: unknown[]) => unknown
type Session = { request: Request }

/** `node:http2`. */
export type Http2Module = { connect: (this: void, ...args: never[]) => ClientHttp2Session }

/** Adds what travels to each request on connections that are made from here on. */
export function sendWithHttp2 (module: Http2Module, travel: Travel): void {
  const connect = module.connect
  module.connect = (...args) => {
    const session = connect(...args)
    const requesting = session as unknown as Session
    const { request } = requesting
    requesting.request = function (this: unknown, headers: AnyHeaders = {}, ...rest: unknown[]) {
      return Reflect.apply(request, this, [isList(headers) ? headers : withTravel(headers, travel), ...rest])
    }
    return session
  }
}

function withTravel (headers: OutgoingHttpHeaders, travel: Travel): OutgoingHttpHeaders {
  // gRPC waits for its connection, and then sends the calls of many requests in the context of one: it is carried where
  // a call is made.
  if (String(headers['content-type']).startsWith('application/grpc')) return headers
  const names = new Set(Object.keys(headers).map(name => name.toLowerCase()))
  const carried = travel.send(name => names.has(name))
  return carried.length === 0 ? headers : { ...headers, ...Object.fromEntries(carried) }
}

// As newer versions of Node take them; a request with such headers goes as the app made it.
function isList (headers: AnyHeaders): headers is readonly string[] {
  return Array.isArray(headers)
}
