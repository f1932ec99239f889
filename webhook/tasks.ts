import type { Server } from 'node:https'
import { watchBypasses } from './cluster/bypass-record.ts'
import { listIntercepts, removeIntercept } from './cluster/intercepts.ts'
import { injectedPods } from './cluster/pods.ts'
import { keepServerFacts } from './cluster/server-facts.ts'
import { followDeps, watchFacts } from './cluster/watch-facts.ts'
import { follow } from './facts/follow.ts'
import { keepCertificates } from './keep-certificates.ts'
import type { Parts } from './parts.ts'
import { keepSweeping } from './sweep/keep-sweeping.ts'
import { createSweep } from './sweep/sweep.ts'
import { wait } from './wait.ts'

/** Starts what runs beside the answers, and resolves when all of it has ended. No task rejects or ends another. */
export async function runTasks (
  parts: Parts, server: Server, dnsNames: readonly string[], signal: AbortSignal
): Promise<void> {
  const { cluster, facts, warmUp, bypasses, guard, reporter, settings, log } = parts
  const watchDeps = { wait, random: Math.random, monotonicMs: () => performance.now(), log }
  const loadBypasses = (text: string): void => {
    bypasses.load(text)
    warmUp.markRecordRead()
  }
  await Promise.all([
    keepCertificates(parts, server, dnsNames, watchDeps, signal),
    sweep(parts, signal),
    watchFacts(cluster, facts, watchDeps, signal),
    keepServerFacts(cluster, facts, { wait, log }, signal),
    watchBypasses(cluster, settings.namespace, loadBypasses, watchDeps, signal),
    follow(injectedPods(cluster), guard.pods, followDeps('pods', watchDeps), signal),
    guard.run(signal),
    reporter.run(signal)
  ])
}

async function sweep ({ cluster, metrics, log }: Parts, signal: AbortSignal): Promise<void> {
  await keepSweeping({
    sweep: createSweep({
      list: () => listIntercepts(cluster),
      remove: async intercept => {
        try {
          const isDeleted = await removeIntercept(cluster, intercept)
          metrics.swept(isDeleted ? 'deleted' : 'spared')
          return isDeleted
        } catch (error) {
          metrics.swept('failed')
          throw error
        }
      },
      serverNowMs: cluster.serverNowMs,
      monotonicMs: () => performance.now(),
      log
    }),
    wait,
    random: Math.random,
    log
  }, signal)
}
