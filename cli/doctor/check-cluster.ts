import { callApi } from '../cluster/api.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { checkVersion } from '../cluster/version.ts'
import { ok, warn, type CheckResult } from './check.ts'

/** An Intercept's holder renews by the server's clock, so a wrong one here hurts nobody but whoever reads times. */
const CLOCK_TOLERANCE_MS = 5000
const CLOCK_SAMPLES = 3

/** @throws {WaylayError} where nothing more can be asked. */
export async function checkApiServer (cluster: Cluster): Promise<CheckResult> {
  const startMs = performance.now()
  const version = await checkVersion(cluster)
  const tookMs = Math.round(performance.now() - startMs)
  return ok('api-server', `The API server ${cluster.server.origin} answers in ${tookMs} ms: Kubernetes ${version}, context ${cluster.context}`)
}

/** Compares this machine's clock with the `Date` of some answers. */
export async function checkClock (cluster: Cluster, nowMs: () => number): Promise<CheckResult> {
  for (let sample = 0; sample < CLOCK_SAMPLES; sample++) {
    await callApi(cluster, { verb: 'get', resource: 'the version', path: '/version' })
  }
  const aheadMs = nowMs() - cluster.serverNowMs()
  const seconds = (Math.abs(aheadMs) / 1000).toFixed(1)
  if (Math.abs(aheadMs) <= CLOCK_TOLERANCE_MS) return ok('clock', `This machine's clock is within ${seconds} s of the API server's`)
  return warn('clock', `This machine's clock is ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the API server's: times in logs will not fit, intercepts are not affected`,
    'Set the clock by NTP.')
}
