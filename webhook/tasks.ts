import type { Server } from 'node:https'
import type { Environment } from '../environments/object.ts'
import type { Intercept } from '../intercepts/object.ts'
import { watchBypasses } from './cluster/bypass-record.ts'
import { listAllEnvironments, removeEnvironment } from './cluster/environments.ts'
import { listIntercepts, removeIntercept } from './cluster/intercepts.ts'
import { injectedPods } from './cluster/pods.ts'
import { keepServerFacts } from './cluster/server-facts.ts'
import { followDeps, watchFacts } from './cluster/watch-facts.ts'
import { expire, EXPIRY_RHYTHM } from './expiry/expiry.ts'
import { follow } from './facts/follow.ts'
import { keepCertificates } from './keep-certificates.ts'
import { keepLooking } from './keep-looking.ts'
import type { Parts } from './parts.ts'
import { createSweep, SWEEP_RHYTHM } from './sweep/sweep.ts'
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
    expireEnvironments(parts, signal),
    watchFacts(cluster, facts, watchDeps, signal),
    keepServerFacts(cluster, facts, { wait, log }, signal),
    watchBypasses(cluster, settings.namespace, loadBypasses, watchDeps, signal),
    follow(injectedPods(cluster), guard.pods, followDeps('pods', watchDeps), signal),
    guard.run(signal),
    reporter.run(signal)
  ])
}

async function sweep ({ cluster, metrics, log }: Parts, signal: AbortSignal): Promise<void> {
  await keepLooking({
    look: createSweep({
      list: () => listIntercepts(cluster),
      remove: counted((intercept: Intercept) => removeIntercept(cluster, intercept), metrics.swept),
      serverNowMs: cluster.serverNowMs,
      monotonicMs: () => performance.now(),
      log
    }),
    wait,
    random: Math.random,
    log
  }, SWEEP_RHYTHM, signal)
}

async function expireEnvironments ({ cluster, metrics, log }: Parts, signal: AbortSignal): Promise<void> {
  const remove = counted((environment: Environment) => removeEnvironment(cluster, environment), metrics.expired)
  const list = () => listAllEnvironments(cluster)
  await keepLooking({
    look: () => expire({ list, remove, serverNowMs: cluster.serverNowMs, log }), wait, random: Math.random, log
  }, EXPIRY_RHYTHM, signal)
}

/** The same deletion, with what became of it told. */
function counted<T> (
  remove: (object: T) => Promise<boolean>, count: (result: 'deleted' | 'spared' | 'failed') => void
): (object: T) => Promise<boolean> {
  return async object => {
    try {
      const isDeleted = await remove(object)
      count(isDeleted ? 'deleted' : 'spared')
      return isDeleted
    } catch (error) {
      count('failed')
      throw error
    }
  }
}
