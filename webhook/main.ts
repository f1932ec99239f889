import { once } from 'node:events'
import type { Server } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { toWaylayError } from '../common/errors.ts'
import { createLogger, type Logger } from '../common/log.ts'
import { keepKeys } from './certificates/keeper.ts'
import { mendKeys } from './certificates/keys.ts'
import { loadKeys } from './certificates/secret.ts'
import { mayDo } from './cluster/access.ts'
import { connectCluster, type Cluster } from './cluster/client.ts'
import { listIntercepts, removeIntercept } from './cluster/intercepts.ts'
import { readNamespace } from './cluster/namespace.ts'
import { secretStore } from './cluster/secret.ts'
import { writeCaBundle } from './cluster/webhook-configuration.ts'
import { createInterceptHandler } from './handle-intercept.ts'
import { createPodHandler } from './handle-pod.ts'
import { createInstallation, type Installation } from './installation.ts'
import { remember } from './remember.ts'
import { createWebhookServer, serveWith } from './server.ts'
import { readSettings, type Settings } from './settings.ts'
import { keepSweeping } from './sweep/keep-sweeping.ts'
import { createSweep } from './sweep/sweep.ts'

const SECRET_NAME = 'waylay-webhook'
const CONFIGURATION_NAME = 'waylay'
const NAMESPACE_AGE_MS = 5_000
/** Between "not ready" and the last answer: the Service must have stopped sending before we stop listening. */
const DRAIN_MS = 5_000

async function run (settings: Settings, log: Logger): Promise<void> {
  const cluster = connectCluster()
  const installation = createInstallation()
  const dnsNames = ['svc', 'svc.cluster.local'].map(end => `waylay-webhook.${settings.namespace}.${end}`)
  // A pair for nobody, so that the liveness probe is answered while the API server is still away.
  const { keys: { serving } } = await mendKeys({}, dnsNames, Date.now())
  const server = createWebhookServer(serverDeps(cluster, installation, settings, log), serving)
  server.listen(settings.port)
  await once(server, 'listening')
  log.info({ event: 'webhook.listening', port: settings.port }, 'webhook listening')

  const stopping = new AbortController()
  const store = secretStore(cluster, settings.namespace, SECRET_NAME)
  const keeping = keepKeys({
    loadKeys: () => loadKeys(store, dnsNames, Date.now(), parts =>
      log.info({ event: 'keys.renewed', parts }, 'keys made and stored')),
    useKeys: keys => {
      installation.useKeys(keys)
      serveWith(server, keys.serving)
    },
    writeCaBundle: pem => writeCaBundle(cluster, CONFIGURATION_NAME, pem),
    onTrusted: installation.markTrusted,
    wait,
    log
  }, stopping.signal)
  const sweeping = keepSweeping({
    sweep: createSweep({
      list: () => listIntercepts(cluster),
      remove: intercept => removeIntercept(cluster, intercept),
      serverNowMs: cluster.serverNowMs,
      monotonicMs: () => performance.now(),
      log
    }),
    wait,
    random: Math.random,
    log
  }, stopping.signal)
  const signal = await Promise.race(['SIGTERM', 'SIGINT'].map(async name => {
    await once(process, name)
    return name
  }))
  log.info({ event: 'webhook.stopping', signal }, 'webhook stopping')
  installation.markDraining()
  stopping.abort()
  await Promise.all([keeping, sweeping])
  if (signal === 'SIGTERM') await sleep(DRAIN_MS)
  await close(server)
}

function serverDeps (cluster: Cluster, installation: Installation, settings: Settings, log: Logger) {
  const readFacts = (name: string) => readNamespace(cluster, name)
  return {
    handlePod: createPodHandler({
      readNamespace: remember(readFacts, NAMESPACE_AGE_MS, Date.now),
      ticketKey: installation.publicTicketKey,
      sidecar: { image: settings.sidecarImage, imagePullPolicy: settings.imagePullPolicy },
      systemNamespace: settings.namespace,
      log
    }),
    handleIntercept: createInterceptHandler({
      mayDo: (user, verb, namespace, name) => mayDo(cluster, user, verb, namespace, name),
      readNamespace: readFacts,
      ticketKey: installation.ticketKey,
      nowMs: cluster.serverNowMs,
      log
    }),
    isReady: installation.isReady,
    isDraining: installation.isDraining,
    log
  }
}

async function wait (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}

async function close (server: Server): Promise<void> {
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
