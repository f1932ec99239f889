import type { Server } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Parts } from './answering.ts'
import { keepKeys } from './certificates/keeper.ts'
import { loadKeys } from './certificates/secret.ts'
import { listIntercepts, removeIntercept } from './cluster/intercepts.ts'
import { secretStore } from './cluster/secret.ts'
import { keepServerFacts } from './cluster/server-facts.ts'
import { watchFacts } from './cluster/watch-facts.ts'
import { writeCaBundle } from './cluster/webhook-configuration.ts'
import { serveWith } from './server.ts'
import { keepSweeping } from './sweep/keep-sweeping.ts'
import { createSweep } from './sweep/sweep.ts'

const SECRET_NAME = 'waylay-webhook'
const CONFIGURATION_NAME = 'waylay'

/** Starts what runs beside the answers, and resolves when all of it has ended. No task rejects or ends another. */
export async function runTasks (
  parts: Parts, server: Server, dnsNames: readonly string[], signal: AbortSignal
): Promise<void> {
  const { cluster, facts, log } = parts
  const watchDeps = { wait, random: Math.random, monotonicMs: () => performance.now(), log }
  await Promise.all([
    keepCertificates(parts, server, dnsNames, signal),
    sweep(parts, signal),
    watchFacts(cluster, facts, watchDeps, signal),
    keepServerFacts(cluster, facts, { wait, log }, signal)
  ])
}

async function keepCertificates (
  { cluster, installation, settings, log }: Parts, server: Server, dnsNames: readonly string[], signal: AbortSignal
): Promise<void> {
  const store = secretStore(cluster, settings.namespace, SECRET_NAME)
  await keepKeys({
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
  }, signal)
}

async function sweep ({ cluster, log }: Parts, signal: AbortSignal): Promise<void> {
  await keepSweeping({
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
  }, signal)
}

async function wait (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
