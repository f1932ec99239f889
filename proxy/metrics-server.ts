import type { Server as HttpServer } from 'node:http'
import { createServer, type Server } from 'node:net'
import type { Logger } from '../common/log.ts'
import { listenOnEveryAddress } from './listen.ts'
import type { Metrics } from './metrics.ts'
import { nodeHttp } from './node-modules.ts'

/**
 * Serves /healthz and /metrics: read-only, on every address of the pod. A failure here never hurts the data path, and
 * HTTP is not loaded before somebody asks.
 *
 * @param isStopping whether new callers should be sent elsewhere: then /healthz answers 503.
 */
export function serveMetrics (port: number, metrics: Metrics, log: Logger, isStopping = (): boolean => false): Server {
  let http: HttpServer | undefined
  const server = createServer({ noDelay: true }, socket => {
    http ??= makeHttpServer(metrics, isStopping)
    http.emit('connection', socket)
  })
  const onError = (err: Error): void => log.warn({ event: 'metrics.failed', err }, 'metrics are not served')
  listenOnEveryAddress(server, port).then(() => server.on('error', onError), onError)
  return server
}

function makeHttpServer (metrics: Metrics, isStopping: () => boolean): HttpServer {
  return nodeHttp().createServer((request, response) => {
    const path = request.url?.split('?', 1)[0]
    if (request.method !== 'GET' || (path !== '/healthz' && path !== '/metrics')) {
      response.writeHead(404).end()
      return
    }
    if (path === '/healthz') {
      const text = isStopping() ? 'stopping\n' : 'ok\n'
      response.writeHead(isStopping() ? 503 : 200, { 'content-type': 'text/plain' }).end(text)
      return
    }
    import('./show-metrics.ts').then(async ({ showMetrics }) => await showMetrics(metrics)).then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end())
  })
}
