import { INIT_CONTAINER_NAME } from '../../common/contract.ts'
import { toWaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import { askWhyNotInjected } from '../cluster/events.ts'
import { readPodMetrics, type Sample } from '../cluster/pod-metrics.ts'
import { injectionOf, isReachable, type Pod } from '../cluster/pods.ts'
import { describeNamedPort, isByName, unseenPorts } from '../intercept/places/named-port.ts'
import { skewOf } from '../version/version-skew.ts'
import { fail, failOf, ok, skipped, warn, type CheckResult, type Patient } from './check.ts'

// A workload may have hundreds; what is wrong with one is mostly wrong with all.
const MAX_PODS = 10

/** Which pods carry the proxy, and of which version. */
export function checkInjected ({ pods, workload, namespace }: Patient): readonly CheckResult[] {
  const of = workload === undefined ? `the namespace ${namespace}` : workload
  const injected = pods.filter(pod => injectionOf(pod) !== undefined)
  if (pods.length === 0) return [warn('pods', `There are no pods in ${of}`, `kubectl -n ${namespace} get deployments,pods`)]
  const restart = workload === undefined ? 'deployment' : workload
  const next = `kubectl -n ${namespace} rollout restart ${restart}`
  const orWhy = `${next}   # where that changes nothing: ${askWhyNotInjected(namespace)}`
  if (injected.length === 0) return [fail('pods', 'WAYLAY_NOT_INJECTED', `None of the ${pods.length} pods of ${of} carries the proxy`, orWhy)]
  const text = `${injected.length} of ${pods.length} pods of ${of} carry the proxy`
  return [injected.length < pods.length ? warn('pods', text, orWhy) : ok('pods', text), ...checkVersions(injected, next)]
}

function checkVersions (pods: readonly Pod[], next: string): readonly CheckResult[] {
  const versions = [...new Set(pods.map(pod => injectionOf(pod)?.version ?? ''))].sort()
  const far = versions.find(version => skewOf(VERSION, version) === 'far')
  if (far === undefined) return [ok('sidecars', `The sidecars are of version ${versions.join(', ')}, this program ${VERSION}`)]
  return [fail('sidecars', 'WAYLAY_TUNNEL_PROTOCOL', `Sidecars of version ${far} are more than one minor version from this program, ${VERSION}`, next)]
}

/** What each proxy says of its redirect: read through a port-forward, nothing is run in the pod. */
export async function checkRedirects (patient: Patient): Promise<readonly CheckResult[]> {
  const running = patient.pods.filter(pod => injectionOf(pod) !== undefined && isReachable(pod))
  const results = await Promise.all(running.slice(0, MAX_PODS).map(async pod => await checkRedirect(patient, pod)))
  if (running.length <= MAX_PODS) return results
  return [...results, skipped('redirect', `${running.length - MAX_PODS} more pods were not asked`)]
}

async function checkRedirect ({ cluster, namespace }: Patient, pod: Pod): Promise<CheckResult> {
  const { name } = pod.metadata
  // There is nothing to arm, and nothing to ask.
  if (isByName([pod])) return ok('redirect', describeNamedPort(`Pod ${name}`, unseenPorts([pod])).replace(/\.$/, ''))
  const said = saidByInit(pod)
  try {
    return toResult(pod, await readPodMetrics(cluster, namespace, name), said)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_FORBIDDEN') return skipped('redirect', `Pod ${name} was not asked for its redirect: ${failure.message}`)
    return failOf('redirect', failure)
  }
}

function toResult (pod: Pod, samples: readonly Sample[], said: string): CheckResult {
  const { name, namespace } = pod.metadata
  const ports = injectionOf(pod)?.ports ?? []
  const armed = samples.filter(sample => sample.name === 'waylay_redirect_armed')
  if (armed.length === 0) return warn('redirect', `Pod ${name} does not tell whether its redirect is armed: its sidecar is older`)
  const states = ports.map(({ port, redirect }) => {
    const lanes = armed.filter(({ labels }) => labels['port'] === String(port))
    const isArmed = lanes.length > 0 && lanes.every(({ value }) => value === 1)
    return { isArmed, text: `${port} ${redirect} ${isArmed ? 'armed' : 'disarmed'}`, isMissed: redirect === 'always' && !isArmed }
  })
  const text = `Pod ${name}: ${states.map(state => state.text).join(', ')}${said === '' ? '' : ` (${said})`}`
  if (!states.some(({ isMissed }) => isMissed)) return ok('redirect', text)
  return fail('redirect', 'WAYLAY_REDIRECT_FAILED', `${text}; requests go past the proxy to the app: the app does not accept connections, or waylay-init could not write its rules`,
    `kubectl -n ${namespace} logs ${name} -c waylay-proxy && kubectl -n ${namespace} describe pod ${name}`)
}

function saidByInit (pod: Pod): string {
  const status = pod.status?.initContainerStatuses?.find(({ name }) => name === INIT_CONTAINER_NAME)
  return status?.state?.terminated?.message?.trim().split('\n', 1)[0]?.slice(0, 120) ?? ''
}
