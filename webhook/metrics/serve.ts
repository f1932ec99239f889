import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import { limitConnections } from '../connections.ts'
import type { Metrics } from './metrics.ts'

// A scraper or two; whoever else comes must not take the memory that answers need.
const MAX_CONNECTIONS = 20

/** Serves `/metrics` over plain HTTP: a scraper knows nothing of our certificate authority, and no figure is secret. */
export function createMetricsServer (metrics: Pick<Metrics, 'read'>, log: Logger): Server {
  const server = createServer((req, res) => { void answer(req, res, metrics, log) })
  limitConnections(server, MAX_CONNECTIONS)
  // A port that is taken costs the figures, not the answers about pods.
  server.on('error', err => { log.warn({ event: 'metrics.failed', err: toWaylayError(err) }, 'metrics not served') })
  return server
}

async function answer (
  req: IncomingMessage, res: ServerResponse, metrics: Pick<Metrics, 'read'>, log: Logger
): Promise<void> {
  if (req.url?.split('?')[0] !== '/metrics') {
    res.writeHead(404).end('only /metrics is here\n')
    return
  }
  try {
    const { text, contentType } = await metrics.read()
    res.writeHead(200, { 'content-type': contentType }).end(req.method === 'HEAD' ? '' : text)
  } catch (error) {
    log.warn({ event: 'metrics.failed', err: toWaylayError(error) }, 'metrics not read')
    res.writeHead(500).end()
  }
}
