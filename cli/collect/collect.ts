import { writeFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { PROXY_CONTAINER_NAME, SYSTEM_NAMESPACE } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { VERSION } from '../../common/version.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { askVersions } from '../cluster/ask-versions.ts'
import { listEvents } from '../cluster/events.ts'
import { listIntercepts } from '../cluster/intercepts.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import { readLogText } from '../cluster/pod-logs.ts'
import { injectionOf, listPodsBy, type Pod } from '../cluster/pods.ts'
import { redactIntercept, redactPod, redactText, secretsOf } from './redact.ts'
import { writeTar, type ArchiveFile } from './tar.ts'
import type { CliDeps } from '../deps.ts'
import { diagnose } from '../doctor/doctor.ts'
import { findPatient } from '../doctor/find-patient.ts'
import type { CollectFlags } from '../flags.ts'

const MAX_LOG_BYTES = 2 * 1024 * 1024
const MAX_PODS = 20
const ASK_TIMEOUT_MS = 10_000

/** Writes the archive and says what is in it. */
export async function collect (wanted: string | undefined, flags: CollectFlags, deps: CliDeps): Promise<void> {
  const stopping = new AbortController()
  const offSignals = deps.onStopSignal(() => { stopping.abort() })
  const cluster = openCluster(flags, deps)
  try {
    const files = await gather(cluster, wanted, deps, stopping.signal)
    await writeNew(flags.file, await promisify(gzip)(writeTar(files, Date.now())))
    for (const { name } of files) deps.output.result(name)
    deps.output.note(`Written to ${flags.file}. Header values, tickets, keys, Secrets and everything of the app's own are not in it; names of people, machines, pods and workloads are. Look before you send it.`)
  } finally {
    offSignals()
    cluster.close()
  }
}

async function gather (
  cluster: Cluster, wanted: string | undefined, deps: CliDeps, signal: AbortSignal
): Promise<readonly ArchiveFile[]> {
  const { namespace } = cluster
  const missing: string[] = []
  const orNothing = async <T>(what: string, asked: Promise<T>, nothing: T): Promise<T> =>
    await asked.catch((error: unknown) => {
      missing.push(`${what}: ${toWaylayError(error).message}`)
      return nothing
    })
  const { pods } = await findPatient(cluster, wanted, signal)
  const injected = pods.filter(pod => injectionOf(pod) !== undefined).slice(0, MAX_PODS)
  const options = { hostName: deps.hostName, appPort: undefined, signal, print: () => {} }
  const diagnosis = await diagnose(cluster, wanted, options)
  const [{ failures, ...versions }, intercepts, events, logs, webhookLogs] = await Promise.all([
    askVersions(cluster, AbortSignal.timeout(ASK_TIMEOUT_MS)),
    orNothing<readonly Intercept[]>('Intercepts', listIntercepts(cluster, namespace), []),
    orNothing('events', eventsOfOurs(cluster, namespace), []),
    Promise.all(injected.map(async pod => await orNothing(`logs of ${pod.metadata.name}`, logsOf(cluster, pod, PROXY_CONTAINER_NAME), []))),
    orNothing('logs of the webhook', logsOfWebhook(cluster), [])
  ])
  const json = (name: string, value: unknown): ArchiveFile => ({ name, text: `${JSON.stringify(value, null, 2)}\n` })
  const files = [
    json('versions.json', { cli: VERSION, node: process.version, platform: process.platform, ...versions, problems: failures.map(({ message }) => message) }),
    json('doctor.json', diagnosis),
    json('intercepts.json', intercepts.map(redactIntercept)),
    json('pods.json', pods.map(redactPod)),
    json('events.json', events),
    ...logs.flat(),
    ...webhookLogs,
    { name: 'missing.txt', text: missing.length === 0 ? 'Nothing was missing.\n' : `${missing.join('\n')}\n` }
  ]
  const secrets = secretsOf(intercepts)
  return files.map(({ name, text }) => ({ name, text: redactText(text, secrets) }))
}

/** Messages about the app's own containers may quote what a probe of it printed. */
async function eventsOfOurs (cluster: Cluster, namespace: string): Promise<readonly object[]> {
  const events = await listEvents(cluster, namespace)
  return events
    .filter(({ involvedObject: { kind, fieldPath = '' } }) => kind === 'Intercept' || /\{waylay-(init|proxy)\}/.test(fieldPath))
    .map(({ type, reason, message, count, lastTimestamp, involvedObject: { kind, name, fieldPath } }) =>
      ({ type, reason, message, count, lastTimestamp, kind, name, fieldPath }))
}

async function logsOf (cluster: Cluster, { metadata }: Pod, container: string): Promise<readonly ArchiveFile[]> {
  const { namespace, name } = metadata
  const text = await readLogText(cluster, { namespace, pod: name, container }, MAX_LOG_BYTES)
  return [{ name: `logs/${name.slice(0, 70)}.log`, text }]
}

async function logsOfWebhook (cluster: Cluster): Promise<readonly ArchiveFile[]> {
  const selector = encodeURIComponent('app.kubernetes.io/name=waylay,app.kubernetes.io/component=webhook')
  const { items } = await listPodsBy(cluster, SYSTEM_NAMESPACE, `labelSelector=${selector}`)
  return (await Promise.all(items.map(async pod => await logsOf(cluster, pod, 'webhook')))).flat()
}

async function writeNew (file: string, bytes: Buffer): Promise<void> {
  try {
    // For the owner's eyes: people decide themselves whom they send it to.
    await writeFile(file, bytes, { flag: 'wx', mode: 0o600 })
  } catch (cause) {
    throw new WaylayError('WAYLAY_USAGE', `Cannot write ${file}: ${(cause as Error).message}`,
      { cause, hint: 'Name another with --file.' })
  }
}
