import type { Server } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Parts } from './answering.ts'
import { listIntercepts, removeIntercept } from './cluster/intercepts.ts'
import { keepServerFacts } from './cluster/server-facts.ts'
import { watchFacts } from './cluster/watch-facts.ts'
import { keepCertificates } from './keep-certificates.ts'
import { keepSweeping } from './sweep/keep-sweeping.ts'
import { createSweep } from './sweep/sweep.ts'

/** Starts what runs beside the answers, and resolves when all of it has ended. No task rejects or ends another. */
export async function runTasks (
  parts: Parts, server: Server, dnsNames: readonly string[], signal: AbortSignal
): Promise<void> {
  const { cluster, facts, log } = parts
  const watchDeps = { wait, random: Math.random, monotonicMs: () => performance.now(), log }
  await Promise.all([
    keepCertificates(parts, server, dnsNames, watchDeps, signal),
    sweep(parts, signal),
    watchFacts(cluster, facts, watchDeps, signal),
    keepServerFacts(cluster, facts, { wait, log }, signal)
  ])
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
