import { once } from 'node:events'
import type { Server } from 'node:http'
import type { Http2SecureServer } from 'node:http2'
import { setTimeout as sleep } from 'node:timers/promises'
import { toWaylayError } from '../common/errors.ts'
import { createLogger, type Logger } from '../common/log.ts'
import { keepCertificate, readPair } from './certificate.ts'
import { connectCluster } from './cluster/client.ts'
import { serviceReader } from './cluster/services.ts'
import { watchIntercepts, watchNamespaces } from './cluster/watch.ts'
import { createGateway, type Gateway } from './gateway.ts'
import { createHealthServer } from './health.ts'
import { createPlainGateway, createSecureGateway } from './server.ts'
import { readSettings, type Settings } from './settings.ts'
import { untilStopped } from './stop.ts'

// Until then visitors are still sent here: the endpoint is being taken out.
const DRAIN_MS = 5000
/** After that, whoever still waits for an answer is cut off. */
const LAST_MS = 15_000

async function wait (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {})
}

async function run (settings: Settings, log: Logger): Promise<void> {
  const stopped = untilStopped(process, log)
  const cluster = connectCluster()
  const nowMs = cluster.serverNowMs
  const monotonicMs = () => performance.now()
  const gateway = createGateway({ settings, readService: serviceReader(cluster), nowMs, monotonicMs, log })
  const stopping = new AbortController()
  const { links, namespaces, news } = gateway
  void watchIntercepts(cluster, { ...links, ...news.intercepts }, { wait, log }, stopping.signal)
  void watchNamespaces(cluster, { ...namespaces, ...news.namespaces }, { wait, log }, stopping.signal)
  const server = await listen(gateway, settings, log, stopping.signal)
  let isDraining = false
  const isReady = () => !isDraining && gateway.isReady()
  const health = createHealthServer({ isReady, metrics: gateway.metrics, log }).listen(settings.healthPort)
  log.info({ event: 'preview.listening', port: settings.port, domain: settings.domain }, 'preview gateway listening')

  const signal = await stopped
  // The kubelet starts another one.
  if (signal === 'crash') process.exitCode = 1
  log.info({ event: 'preview.stopping', signal }, 'preview gateway stopping')
  isDraining = true
  if (signal !== 'SIGINT') await sleep(DRAIN_MS)
  server.close()
  health.close()
  health.closeAllConnections()
  // What is still answered ends with its link, as before: we listen to the cluster as long as it takes.
  await Promise.race([once(server, 'close'), sleep(LAST_MS)])
  stopping.abort()
}

async function listen (
  { handler }: Gateway, settings: Settings, log: Logger, signal: AbortSignal
): Promise<Server | Http2SecureServer> {
  const { tlsFolder, domain, port } = settings
  if (tlsFolder === undefined) {
    const server = createPlainGateway(handler).listen(port)
    await once(server, 'listening')
    return server
  }
  const read = async () => await readPair(tlsFolder, domain)
  const pair = await read()
  const server = createSecureGateway(handler, pair)
  server.listen(port)
  await once(server, 'listening')
  const use = ({ certificate, key }: typeof pair) => server.setSecureContext({ cert: certificate, key, minVersion: 'TLSv1.2' })
  void keepCertificate(pair, { read, use, wait, log }, signal)
  return server
}

try {
  const settings = readSettings(process.env)
  await run(settings, createLogger('preview', settings.logLevel))
  // Carriers of WebSockets and idle connections would hold the process.
  process.exit()
} catch (error) {
  const failure = toWaylayError(error)
  createLogger('preview', 'error').error(
    { event: 'preview.failed', code: failure.code, hint: failure.hint, err: failure }, 'preview gateway cannot run')
  process.exitCode = 1
}
