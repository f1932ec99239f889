import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { PORTS } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { isGlobal, type Match } from '../../intercepts/match.ts'
import { interceptName } from '../../intercepts/name.ts'
import { newIntercept } from '../../intercepts/object.ts'
import { writePublicKey } from '../../intercepts/ticket.ts'
import { followIntercept } from '../cluster/intercepts.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { followPods, isReachable, listPods, type Pod } from '../cluster/pods.ts'
import { openPortForward } from '../cluster/port-forward.ts'
import type { ListOf } from '../cluster/watch.ts'
import { findService } from '../cluster/services.ts'
import { findWorkload, type Workload } from '../cluster/workloads.ts'
import type { WorkloadName } from '../workload-name.ts'
import { deliverStream } from './deliver-stream.ts'
import type { Developer } from './developer.ts'
import { holdIntercept, releaseIntercept, type HeldIntercept } from './hold.ts'
import { isPodOf, planIntercept, type Plan } from './plan.ts'
import { openPodSession } from './pod-session.ts'
import { PodSessions } from './pod-sessions.ts'
import type { Report } from './report.ts'
import { warnOfTls } from './tls-text.ts'

export type StandOptions = {
  readonly cluster: Cluster
  readonly wanted: WorkloadName
  readonly match: Match
  readonly developer: Developer
  readonly report: Report
  readonly appPort: number | string | undefined
  readonly hostName: string
  /** Something ended the intercept after it stood. */
  readonly onFailure: (error: WaylayError) => void
}

/** An intercept on its way to stand, or standing. */
export type StandingIntercept = {
  /**
   * Settles when every pod diverts.
   *
   * @throws {WaylayError} why it cannot stand.
   */
  readonly ready: Promise<undefined>
  /** What the developer's program gets to know of it; filled once `ready`. */
  readonly env: Readonly<Record<string, string>>
  /** Ends it everywhere, whatever has been made so far. Never rejects; the second call waits for the first. */
  stop (): Promise<void>
}

type SessionKeys = { readonly publicKey: string, readonly privateKey: KeyObject }

const READY_TIMEOUT_MS = 15_000
// Deleting the object and closing the sessions take milliseconds; a cluster that is gone must not hold the terminal.
const STOP_TIMEOUT_MS = 5000

/** Makes the Intercept and opens sessions to all pods of the workload, at the same time as far as they allow. */
export function standIntercept (options: StandOptions): StandingIntercept {
  const env: Record<string, string> = {}
  const undo: (() => Promise<void>)[] = []
  const stopped = new AbortController()
  let stopping: Promise<void> | undefined
  return {
    env,
    ready: makeIt(options, { env, undo, signal: stopped.signal }),
    async stop () {
      stopped.abort()
      stopping ??= Promise.race([
        Promise.all(undo.map(async step => { await step() })),
        delay(STOP_TIMEOUT_MS, undefined, { ref: false })
      ]).then(() => {})
      await stopping
    }
  }
}

type Making = {
  readonly env: Record<string, string>
  /** Steps that undo what was made; all of them run at the same time. */
  readonly undo: (() => Promise<void>)[]
  readonly signal: AbortSignal
}

async function makeIt (options: StandOptions, making: Making): Promise<undefined> {
  const { cluster, wanted, report, match } = options
  const workload = await findWorkload(cluster, cluster.namespace, wanted)
  const pods = await listPods(cluster, workload)
  const plan = planIntercept(workload, pods.items, options.appPort)
  // Stopped while we were looking: nothing has been made, and from here on nothing is.
  if (making.signal.aborted) return undefined
  const keys = createKeys()
  const held = hold(options, making, workload, plan, keys)
  const sessions = openSessions(options, making, plan, { workload, keys, held })
  follow(options, making, workload, pods, sessions)
  const [first] = plan.pods
  const [{ object, name }, diverting, service] = await Promise.all([
    held, sessions.allDiverting, first === undefined ? undefined : findService(cluster, first, plan.port)
  ])
  making.env['WAYLAY_INTERCEPT'] = name
  for (const { metadata } of plan.notInjected) {
    report.note(`Warning: waylay is not in pod ${metadata.name}; its requests go to the app. Restart it to have it injected.`)
  }
  report.ready({
    intercept: name,
    namespace: workload.namespace,
    workload: workload.id,
    port: plan.port.port,
    match,
    developer: options.developer.address,
    pods: diverting,
    service: service?.host,
    tls: plan.port.tlsSecret !== undefined
  })
  const warning = warnOfTls(plan.port, service?.appProtocol)
  if (warning !== undefined) report.note(warning)
  void followIntercept(cluster, object, {
    signal: making.signal,
    onGone: () => { options.onFailure(endedByOthers(object.spec.workload)) },
    onTrouble: error => { report.note(`Warning: cannot watch the intercept: ${error.message}`) }
  })
  return undefined
}

function createKeys (): SessionKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: writePublicKey(publicKey), privateKey }
}

async function hold (
  { cluster, match, hostName, report }: StandOptions, making: Making,
  workload: Workload, plan: Plan, keys: SessionKeys
): Promise<HeldIntercept> {
  const name = interceptName(workload.id, plan.port.port, match)
  const held = holdIntercept(cluster, newIntercept(workload.namespace, name, {
    workload: workload.id,
    port: plan.port.port,
    match,
    global: isGlobal(match),
    sessionKey: keys.publicKey,
    host: hostName
  }))
  making.undo.push(async () => {
    try {
      await releaseIntercept(cluster, await held)
    } catch (error) {
      // Not made at all: `ready` has said why.
      if (await held.then(() => false, () => true)) return
      report.note(`Warning: the intercept could not be deleted (${toWaylayError(error).message}). Try: waylay leave ${name} -n ${workload.namespace}`)
    }
  })
  return await held
}

function openSessions (
  { cluster, developer, report, onFailure }: StandOptions, making: Making, plan: Plan,
  shared: { readonly workload: Workload, readonly keys: SessionKeys, readonly held: Promise<HeldIntercept> }
): PodSessions {
  const { namespace } = shared.workload
  const credential = shared.held.then(({ name, ticket }) => ({ intercept: name, ticket }))
  // `ready` fails with the same error; with no session open nobody else would listen.
  credential.catch(() => {})
  const sessions = new PodSessions({
    open: (pod, onState) => openPodSession({
      namespace,
      pod,
      port: plan.port.port,
      openCarrier: async () => await openPortForward(cluster, namespace, pod, PORTS.tunnel),
      credential,
      privateKey: shared.keys.privateKey,
      onStream: stream => { void deliverStream(stream, developer) },
      onState,
      onEvent: event => { report.request(event) },
      onNote: report.note
    }),
    onCount: report.pods,
    onFatal: onFailure,
    readyTimeoutMs: READY_TIMEOUT_MS
  })
  making.undo.push(async () => { await sessions.stop() })
  const names = plan.pods.map(({ metadata }) => metadata.name)
  sessions.update(names, new Set(names))
  return sessions
}

function follow (
  { cluster, report }: StandOptions, { signal }: Making, workload: Workload, from: ListOf<Pod>, sessions: PodSessions
): void {
  void followPods(cluster, workload, {
    from,
    signal,
    onChange: pods => {
      const ours = [...pods.values()].filter(pod => isPodOf(workload, pod))
      sessions.update(ours.filter(isReachable).map(({ metadata }) => metadata.name), new Set(pods.keys()))
    },
    onTrouble: error => { report.note(`Warning: cannot watch the pods: ${error.message}`) }
  })
}

function endedByOthers (workload: string): WaylayError {
  return new WaylayError('WAYLAY_CONFLICT', `The intercept of ${workload} was ended from outside: somebody deleted it`,
    { hint: 'See who holds it now: waylay list' })
}
