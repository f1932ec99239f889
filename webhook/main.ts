import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import type { Server } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { toWaylayError } from '../common/errors.ts'
import { createLogger, type Logger } from '../common/log.ts'
import { serverDeps } from './server-deps.ts'
import { mendKeys } from './certificates/keys.ts'
import { connectCluster } from './cluster/client.ts'
import { createMetricsServer } from './metrics/serve.ts'
import { createParts } from './parts.ts'
import { createWebhookServer } from './server.ts'
import { readSettings, type Settings } from './settings.ts'
import { runTasks } from './tasks.ts'

/** Between "not ready" and the last answer: the Service must have stopped sending before we stop listening. */
const DRAIN_MS = 5_000

async function run (settings: Settings, log: Logger): Promise<void> {
  const parts = createParts(connectCluster(), settings, log)
  const dnsNames = ['svc', 'svc.cluster.local'].map(end => `waylay-webhook.${settings.namespace}.${end}`)
  // A pair for nobody, so that the liveness probe is answered while the API server is still away.
  const { keys: { serving } } = await mendKeys({}, dnsNames, Date.now())
  const server = createWebhookServer(serverDeps(parts), serving)
  server.listen(settings.port)
  await once(server, 'listening')
  const metricsServer = createMetricsServer(parts.metrics, log).listen(settings.metricsPort)
  log.info({ event: 'webhook.listening', port: settings.port }, 'webhook listening')

  const stopping = new AbortController()
  const tasks = runTasks(parts, server, dnsNames, stopping.signal)
  const signal = await Promise.race(['SIGTERM', 'SIGINT'].map(async name => {
    await once(process, name)
    return name
  }))
  log.info({ event: 'webhook.stopping', signal }, 'webhook stopping')
  parts.installation.markDraining()
  // The pods that are answered until then are looked after as well.
  if (signal === 'SIGTERM') await sleep(DRAIN_MS)
  stopping.abort()
  await Promise.all([tasks, close(server), close(metricsServer)])
}

async function close (server: Server | HttpServer): Promise<void> {
  const closed = once(server, 'close')
  server.close()
  server.closeIdleConnections()
  await closed
}

try {
  const settings = readSettings(process.env)
  await run(settings, createLogger('webhook', settings.logLevel))
} catch (error) {
  const failure = toWaylayError(error)
  createLogger('webhook', 'error').error(
    { event: 'webhook.failed', code: failure.code, hint: failure.hint, err: failure }, 'webhook cannot run')
  process.exitCode = 1
}
