import { ANNOTATIONS, API_GROUP, API_VERSION, INJECT_LABEL, NAMESPACE_INJECT } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import { formatAge } from '../terminal/age.ts'
import { callApi } from '../cluster/api.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { getNamespace } from '../cluster/namespaces.ts'
import { askInjection } from '../cluster/probe-injection.ts'
import { readCertificateEnd } from '../cluster/webhook-certificate.ts'
import { askWebhook, type WebhookAnswer } from '../cluster/webhook.ts'
import { skewOf } from '../version/version-skew.ts'
import { fail, failOf, ok, skipped, warn, type CheckResult } from './check.ts'

const DAY_MS = 86_400_000
const SEE_WEBHOOK = 'kubectl -n waylay-system get pods && kubectl -n waylay-system logs deployment/waylay-webhook'

/** Whether waylay is there at all, and whether its webhook answers the API server. */
export async function checkInstalled (cluster: Cluster, namespace: string): Promise<readonly CheckResult[]> {
  const { status } = await callApi(cluster, {
    verb: 'get', resource: 'the API group', name: API_GROUP, path: `/apis/${API_GROUP}/${API_VERSION}`, expected: [404, 503]
  })
  if (status === 404) {
    return [fail('installed', 'WAYLAY_NOT_INSTALLED', 'waylay is not installed: the cluster does not know Intercepts', 'waylay install')]
  }
  const answer = await askWebhook(cluster, namespace)
  return [ok('installed', 'waylay is installed: the cluster knows Intercepts'), toWebhookResult(answer)]
}

function toWebhookResult (answer: WebhookAnswer): CheckResult {
  switch (answer.kind) {
    case 'signs': return compareVersions(answer.version)
    case 'refuses': return fail('webhook', 'WAYLAY_FORBIDDEN', `The webhook answers the API server, and says no: ${answer.error.message}`, answer.error.hint)
    case 'forbidden': return warn('webhook', `Whether the webhook answers cannot be seen: ${answer.error.message}`, answer.error.hint)
    case 'silent': return failOf('webhook', answer.error)
  }
}

function compareVersions (version: string | undefined): CheckResult {
  const answers = 'The webhook answers the API server, and signs'
  if (version === undefined) return warn('webhook', `${answers}; it is too old to tell its version, this program is ${VERSION}`, 'waylay upgrade')
  switch (skewOf(VERSION, version)) {
    case 'same':
    case 'fine': return ok('webhook', `${answers}: version ${version}, this program ${VERSION}`)
    case 'far': return fail('webhook', 'WAYLAY_TUNNEL_PROTOCOL', `${answers}, but version ${version} is more than one minor version from this program, ${VERSION}`, 'Update the older one: waylay upgrade, or this program.')
    case 'unknown': return warn('webhook', `${answers}: version ${version}, which cannot be compared with this program, ${VERSION}`)
  }
}

/** Label and consent of the namespace. */
export async function checkNamespace (cluster: Cluster, namespace: string): Promise<readonly CheckResult[]> {
  const found = await getNamespace(cluster, namespace).catch((error: unknown) => toWaylayError(error))
  if (found instanceof WaylayError) {
    if (found.code !== 'WAYLAY_FORBIDDEN') throw found
    return [skipped('namespace', `Label and consent of the namespace were not looked at: ${found.message}`)]
  }
  if (found === undefined) {
    return [fail('namespace', 'WAYLAY_WORKLOAD_UNKNOWN', `There is no namespace "${namespace}"`, 'Name another with --namespace: kubectl get namespaces')]
  }
  const label = found.labels[INJECT_LABEL]
  const consent = found.annotations[ANNOTATIONS.intercepts] ?? 'personal'
  const who = whoIsInjected(label)
  const labelled = who !== undefined
    ? ok('namespace', `The namespace ${namespace} is labelled ${INJECT_LABEL}=${label}: ${who} are injected`)
    : fail('namespace', 'WAYLAY_NOT_INJECTED', `The namespace ${namespace} is not labelled for injection (${INJECT_LABEL}=${label ?? 'missing'})`,
      `kubectl label namespace ${namespace} ${INJECT_LABEL}=enabled --overwrite`)
  return [labelled, consent === 'none'
    ? fail('consent', 'WAYLAY_FORBIDDEN', `The namespace allows no intercepts (${ANNOTATIONS.intercepts}=none)`, `Ask who owns it: kubectl annotate namespace ${namespace} ${ANNOTATIONS.intercepts}=personal --overwrite`)
    : ok('consent', `The namespace allows ${consent === 'all' ? 'all intercepts, global ones too' : 'personal intercepts'}`)]
}

/** By the label of a namespace; undefined: nobody. */
function whoIsInjected (label: string | undefined): string | undefined {
  if (label === NAMESPACE_INJECT.all) return 'new pods'
  return label === NAMESPACE_INJECT.labelled ? `new pods that carry the label ${INJECT_LABEL}=enabled` : undefined
}

/** What the webhook says where the fault is its own. */
const WEBHOOK_FAILED = 'the webhook failed'

/** Has the API server make a pod as a dry run: the only way to know that it calls the webhook for pods too. */
export async function checkInjection (cluster: Cluster, namespace: string): Promise<CheckResult> {
  try {
    const found = await getNamespace(cluster, namespace).catch(() => undefined)
    if (found !== undefined && whoIsInjected(found.labels[INJECT_LABEL]) === undefined) {
      return skipped('injection', 'Whether a new pod would be injected was not asked: the namespace is not labelled for it')
    }
    const { kind, warnings } = await askInjection(cluster, namespace)
    const why = warnings.map(text => /^waylay: (?:this pod is not injected: )?(.*)$/s.exec(text)?.[1]).find(text => text !== undefined)
    if (kind === 'injected') {
      const who = whoIsInjected(found?.labels[INJECT_LABEL]) ?? 'new pods'
      return ok('injection', `A dry run, which makes nothing: ${who} would be injected`)
    }
    if (kind === 'named-port') {
      return warn('injection', `A new pod would be injected only with the annotation ${ANNOTATIONS.mode}: named-port: this namespace forbids what a redirect needs`,
        `kubectl get namespace ${namespace} --show-labels`)
    }
    if (why !== undefined && !why.startsWith(WEBHOOK_FAILED)) {
      return fail('injection', 'WAYLAY_NOT_INJECTED', `A new pod would be left as it is: ${why}`,
        `kubectl get namespace ${namespace} -o yaml   # its annotations count for all its pods`)
    }
    return fail('injection', 'WAYLAY_INSTALL_FAILED', 'A new pod would not be injected, though nothing refuses it', SEE_WEBHOOK)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_FORBIDDEN') {
      return skipped('injection', `Whether a new pod would be injected was not asked: ${failure.message}`)
    }
    return failOf('injection', failure, 'A new pod cannot be made for a test: ')
  }
}

/** Until when the API server trusts the webhook. */
export async function checkCertificate (cluster: Cluster, nowMs: number): Promise<CheckResult> {
  try {
    const endMs = await readCertificateEnd(cluster)
    const until = new Date(endMs).toISOString().slice(0, 10)
    if (endMs <= nowMs) return fail('certificate', 'WAYLAY_CERTIFICATE_INVALID', `The webhook's authority ended on ${until}`, SEE_WEBHOOK)
    if (endMs - nowMs < DAY_MS) return warn('certificate', `The webhook's authority ends in ${formatAge(endMs - nowMs)}; it should have been renewed`, SEE_WEBHOOK)
    return ok('certificate', `The webhook's authority is good until ${until}; it renews itself`)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_FORBIDDEN') return skipped('certificate', `The webhook's certificate was not looked at: ${failure.message}`)
    return failOf('certificate', failure)
  }
}
