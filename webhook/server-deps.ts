import { INJECT_LABEL, NAMESPACE_INJECT, PULL_SECRET_NAME } from '../common/contract.ts'
import { createNewcomers } from './admission/newcomers.ts'
import { mayChangeEnvironment, mayDo } from './cluster/access.ts'
import { environmentsOf } from './cluster/environments.ts'
import { readNamespace } from './cluster/namespace.ts'
import { pullSecretCopies, readPullSecret } from './cluster/pull-secret.ts'
import type { Facts } from './facts/facts.ts'
import { createEnvironmentHandler } from './handle-environment.ts'
import { createInterceptHandler } from './handle-intercept.ts'
import { createPodHandler, type PodDeps } from './handle-pod.ts'
import type { Parts } from './parts.ts'
import { createPullSecretKeeper } from './pull-secret/keeper.ts'
import { createReadyImages } from './pull-secret/ready-images.ts'
import { remember } from './remember.ts'
import type { ServerDeps } from './server.ts'
import type { Settings } from './settings.ts'

const OPTED_IN = new Set<string | undefined>(Object.values(NAMESPACE_INJECT))
const NAMESPACE_AGE_MS = 5_000
/** As long as a creation takes from our answer to the store, on a bad day. */
const NEWCOMER_AGE_MS = 5_000

/** Puts together what answers reviews. */
export function serverDeps (parts: Parts): ServerDeps {
  const { cluster, installation, facts, warmUp, bypasses, guard, reporter, metrics, settings, log } = parts
  const askNamespace = (name: string) => readNamespace(cluster, name)
  return {
    handlePod: createPodHandler({
      readNamespace: namespaceReader(facts.namespace, remember(askNamespace, NAMESPACE_AGE_MS, Date.now)),
      facts,
      findBypass: bypasses.find,
      ticketKey: installation.publicTicketKey,
      ...images(settings),
      systemNamespace: settings.namespace,
      expect: guard.expect,
      forget: guard.forget,
      tell: reporter.tell,
      count: metrics.admitted,
      monotonicMs: () => performance.now(),
      ...pulling(parts),
      log
    }),
    handleIntercept: createInterceptHandler({
      mayDo: (user, verb, namespace, name) => mayDo(cluster, user, verb, namespace, name),
      mayChangeEnvironment: (user, namespace, name) => mayChangeEnvironment(cluster, user, namespace, name),
      readNamespace: askNamespace,
      ticketKey: installation.ticketKey,
      previewDomain: settings.previewDomain,
      nowMs: cluster.serverNowMs,
      count: metrics.interceptDecided,
      monotonicMs: () => performance.now(),
      log
    }),
    handleEnvironment: createEnvironmentHandler({
      readNamespace: askNamespace,
      listEnvironments: namespace => environmentsOf(cluster, namespace),
      newcomers: createNewcomers(NEWCOMER_AGE_MS, () => performance.now()),
      nowMs: cluster.serverNowMs,
      count: metrics.environmentDecided,
      monotonicMs: () => performance.now(),
      log
    }),
    isReady: () => installation.isReady() && warmUp.isOver(),
    isDraining: installation.isDraining,
    log
  }
}

/**
 * Reads a namespace for a pod: from the watch, which knows it but for the first moments of this process, of a namespace
 * or of its label, of which the API server may hear before us.
 */
export function namespaceReader (known: Facts['namespace'], ask: PodDeps['readNamespace']): PodDeps['readNamespace'] {
  return async name => {
    const namespace = known(name)
    return namespace !== undefined && OPTED_IN.has(namespace.labels[INJECT_LABEL]) ? namespace : await ask(name)
  }
}

function images ({ sidecarImage, propagateImage, imagePullPolicy }: Settings): Pick<PodDeps, 'sidecar' | 'propagate'> {
  return {
    sidecar: { image: sidecarImage, imagePullPolicy },
    ...(propagateImage !== undefined && { propagate: { image: propagateImage, imagePullPolicy } })
  }
}

/** What the setting of a pull secret adds. */
function pulling ({ cluster, settings, log }: Parts): Pick<PodDeps, 'pulling'> {
  const { imagePullSecret: name, namespace: systemNamespace } = settings
  if (name === undefined) return {}
  const copies = pullSecretCopies(cluster)
  const monotonicMs = () => performance.now()
  const nowMs = cluster.serverNowMs
  const prepare = createPullSecretKeeper({ readSource: readPullSecret, copies, nowMs, monotonicMs, log })
  return { pulling: { secret: PULL_SECRET_NAME, ready: createReadyImages({ name, systemNamespace, prepare }) } }
}
