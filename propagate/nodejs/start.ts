import http from 'node:http'
import http2 from 'node:http2'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { CompositePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
import { connectForNobody } from './connections.ts'
import { Contexts } from './contexts.ts'
import { sendWithFetch } from './fetch-requests.ts'
import { carryOnGrpc } from './grpc-calls.ts'
import { HeaderPropagator } from './header-propagator.ts'
import { sendWithHttp2 } from './http2-requests.ts'
import { sendWithHttp, type HttpModule } from './http-requests.ts'
import { receiveOn } from './servers.ts'
import { createTravel } from './travel.ts'
import { connectUndiciForNobody } from './undici-connections.ts'

/**
 * Starts to carry. The instrumentations of OpenTelemetry for http and undici are not used: they write over headers that
 * the app has set, break requests whose headers are an array, and add a second `baggage` line to a fetch.
 *
 * @param headerNames what is carried besides trace context and baggage.
 */
export function start (headerNames: readonly string[]): void {
  const contexts = new Contexts()
  // Baggage as it came: written anew, a member that OpenTelemetry cannot read would be lost.
  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new HeaderPropagator(['baggage', ...headerNames])]
  })
  const travel = createTravel(propagator, contexts)
  // A server that does not listen is how one gets at its class.
  for (const server of [http2.createServer(), http2.createSecureServer()]) {
    receiveOn(Object.getPrototypeOf(server) as typeof http.Server.prototype, travel)
  }
  receiveOn(http.Server.prototype, travel)
  receiveOn(https.Server.prototype, travel)
  for (const module of [http, https]) sendWithHttp(module as unknown as HttpModule, travel, contexts)
  sendWithHttp2(http2, travel, contexts)
  connectForNobody(contexts)
  connectUndiciForNobody(contexts)
  sendWithFetch(travel)
  carryOnGrpc(propagator, contexts)
  // What ES modules import by name.
  syncBuiltinESMExports()
}
