import { createServer, type Server } from 'node:http'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Logger } from '../common/log.ts'
import { listenOnEveryAddress } from './listen.ts'
import { TurnCounts } from './turn-counts.ts'

/** What the proxy counts. */
export type Metrics = {
  readonly registry: Registry
  readonly turns: TurnCounts
  readonly opaque: Counter<'port' | 'reason'>
  readonly dialErrors: Counter<'port' | 'code'>
  readonly overload: Counter<'reason'>
}

/** @param live gauges, read when somebody asks. */
export function createMetrics (live: Readonly<Record<string, () => number>>): Metrics {
  const registry = new Registry()
  const registers = [registry]
  for (const [name, read] of Object.entries(live)) {
    // eslint-disable-next-line no-new -- registering is what the constructor is for
    new Gauge({ name, help: name.replaceAll('_', ' '), registers, collect () { this.set(read()) } })
  }
  return {
    registry,
    turns: showTurns(registers),
    opaque: new Counter({
      name: 'waylay_opaque_total', help: 'Connections passed byte by byte, by reason', labelNames: ['port', 'reason'], registers
    }),
    dialErrors: new Counter({
      name: 'waylay_dial_errors_total', help: 'Failed dials of the app', labelNames: ['port', 'code'], registers
    }),
    overload: new Counter({
      name: 'waylay_overload_total',
      help: 'Requests that went to the app for want of streams, and times that every port was disarmed, by reason',
      labelNames: ['reason'],
      registers
    })
  }
}

function showTurns (registers: Registry[]): TurnCounts {
  const turns = new TurnCounts()
  // eslint-disable-next-line no-new -- registering is what the constructor is for
  new Counter({
    name: 'waylay_turns_total',
    help: 'Requests by where they went',
    labelNames: ['port', 'route'],
    registers,
    collect () {
      this.reset()
      for (const [port, { app, developer }] of turns.entries()) {
        this.inc({ port, route: 'app' }, app)
        this.inc({ port, route: 'developer' }, developer)
      }
    }
  })
  return turns
}

/** Serves /healthz and /metrics: read-only, on every address of the pod. A failure here never hurts the data path. */
export function serveMetrics (port: number, registry: Registry, log: Logger): Server {
  const server = createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET' || (path !== '/healthz' && path !== '/metrics')) {
      response.writeHead(404).end()
      return
    }
    if (path === '/healthz') {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok\n')
      return
    }
    registry.metrics().then(
      text => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end())
  })
  const onError = (err: Error): void => log.warn({ event: 'metrics.failed', err }, 'metrics are not served')
  listenOnEveryAddress(server, port).then(() => server.on('error', onError), onError)
  return server
}
