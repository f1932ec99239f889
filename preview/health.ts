import { createServer, type Server } from 'node:http'
import express from 'express'
import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { Metrics } from './metrics.ts'

export type HealthDeps = {
  readonly isReady: () => boolean
  readonly metrics: Pick<Metrics, 'read'>
  readonly log: Logger
}

const MAX_CONNECTIONS = 20

/** What the kubelet and a scraper ask, over plain HTTP on a port that no Service leads to. */
export function createHealthServer ({ isReady, metrics, log }: HealthDeps): Server {
  const app = express()
  app.disable('x-powered-by')
  app.get('/healthz', (_req, res) => { res.send('ok') })
  app.get('/readyz', (_req, res) => { res.status(isReady() ? 200 : 503).send(isReady() ? 'ok' : 'not ready') })
  app.get('/metrics', async (_req, res) => {
    try {
      const { text, contentType } = await metrics.read()
      res.type(contentType).send(text)
    } catch (error) {
      log.warn({ event: 'metrics.failed', err: toWaylayError(error) }, 'metrics not read')
      res.sendStatus(500)
    }
  })
  const server = createServer(app)
  server.maxConnections = MAX_CONNECTIONS
  return server
}
