import type { EventEmitter } from 'node:events'
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2'
import { ROOT_CONTEXT } from '@opentelemetry/api'
import type { Contexts } from './contexts.ts'
import type { Travel } from './travel.ts'
import { isOfUndici } from './undici-connections.ts'

type AnyHeaders = OutgoingHttpHeaders | readonly string[]
type Request = (headers?: AnyHeaders, ...rest: unknown[]) => EventEmitter
type Session = { request: Request }

/** `node:http2`. */
export type Http2Module = { connect: (this: void, ...args: never[]) => ClientHttp2Session }

/** Adds what travels to each request on connections that are made from here on. */
export function sendWithHttp2 (module: Http2Module, travel: Travel, contexts: Contexts): void {
  const connect = module.connect
  module.connect = (...args) => {
    const session = connect(...args)
    const requesting = session as unknown as Session
    const { request } = requesting
    let isNobodys = false
    requesting.request = function (this: unknown, headers: AnyHeaders = {}, ...rest: unknown[]) {
      const make = (given: AnyHeaders): EventEmitter => Reflect.apply(request, this, [given, ...rest])
      if (isOfGrpcJs(headers)) return make(headers)
      if (!isNobodys && isOfUndici(session)) {
        isNobodys = true
        contexts.bind(ROOT_CONTEXT, session)
      }
      if (isNobodys) return contexts.with(ROOT_CONTEXT, () => make(headers))
      // Before Node 20 a stream that waits for its connection has the context of the one that opened it.
      return contexts.bind(contexts.active(), make(isList(headers) ? headers : withTravel(headers, travel)))
    }
    return session
  }
}

/**
 * @grpc/grpc-js waits for its connection, and then sends the calls of many requests in the context of one: it is
 * carried where a call is made. Other packages that speak gRPC send a call where it is made.
 */
function isOfGrpcJs (headers: AnyHeaders): boolean {
  return !isList(headers) && String(headers['user-agent']).includes('grpc-node-js/')
}

function withTravel (headers: OutgoingHttpHeaders, travel: Travel): OutgoingHttpHeaders {
  const names = new Set(Object.keys(headers).map(name => name.toLowerCase()))
  const carried = travel.send(name => names.has(name))
  return carried.length === 0 ? headers : { ...headers, ...Object.fromEntries(carried) }
}

// As newer versions of Node take them; a request with such headers goes as the app made it.
function isList (headers: AnyHeaders): headers is readonly string[] {
  return Array.isArray(headers)
}
