import type { Logger } from '../common/log.ts'
import { createBypasses, type Bypasses } from './bypass/bypasses.ts'
import { createGuard, type Guard } from './bypass/guard.ts'
import { bypassStore } from './cluster/bypass-record.ts'
import { isStatus, isTerminating, type Cluster } from './cluster/client.ts'
import { createEvent } from './cluster/events.ts'
import { readNamespace } from './cluster/namespace.ts'
import { deletePod, hasPod, listIds } from './cluster/pods.ts'
import { createReporter, type Reporter } from './events/reporter.ts'
import { createFacts, type Facts } from './facts/facts.ts'
import { createInstallation, type Installation } from './installation.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import type { Settings } from './settings.ts'
import { wait } from './wait.ts'
import { createWarmUp, type WarmUp } from './warm-up.ts'

/** What the answers share with the tasks beside them. */
export type Parts = {
  readonly cluster: Cluster
  readonly installation: Installation
  readonly facts: Facts
  readonly warmUp: WarmUp
  readonly bypasses: Bypasses
  readonly guard: Guard
  readonly reporter: Reporter
  readonly metrics: Metrics
  readonly settings: Settings
  readonly log: Logger
}

export function createParts (cluster: Cluster, settings: Settings, log: Logger): Parts {
  const facts = createFacts()
  const warmUp = createWarmUp({ areFactsKnown: facts.isComplete, monotonicMs: () => performance.now() })
  const { sidecarImage } = settings
  const installation = createInstallation(cluster.serverNowMs)
  const store = bypassStore(cluster, settings.namespace)
  const bypasses = createBypasses({ store, sidecarImage, nowMs: cluster.serverNowMs, log })
  const metrics = createMetrics({
    factsSynced: () => ({
      ...Object.fromEntries(Object.entries(facts.stores).map(([name, kept]) => [name, kept.isSynced()])),
      injectedPods: guard.isWatching()
    }),
    activeBypasses: () => bypasses.active().length
  })
  const reporter = createReporter({
    create: event => createEvent(cluster, event),
    // A namespace that is being deleted answers with the same status.
    isForbidden: error => isStatus(error, 403) && !isTerminating(error),
    nowMs: cluster.serverNowMs,
    wait,
    onOutcome: metrics.eventWritten,
    log
  })
  const guard = createGuard({
    bypasses,
    listIds: (namespace, ids) => listIds(cluster, namespace, ids),
    hasPod: (namespace, name) => hasPod(cluster, namespace, name),
    takesPods: async namespace => !(await readNamespace(cluster, namespace)).isTerminating,
    deletePod: pod => deletePod(cluster, pod),
    tell: reporter.tell,
    onTrouble: metrics.trouble,
    monotonicMs: () => performance.now(),
    wait,
    log
  })
  return { cluster, installation, facts, warmUp, bypasses, guard, reporter, metrics, settings, log }
}
