import { ANNOTATIONS, INJECT_LABEL, NAMESPACE_INJECT } from '../../common/contract.ts'
import { toWaylayError } from '../../common/errors.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import { formatAge } from '../terminal/age.ts'
import { listIntercepts, whoAmI } from '../cluster/intercepts.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import { getNamespace } from '../cluster/namespaces.ts'
import { injectionOf, isOver, isReachable, listPodsBy, workloadIdOf, type Pod } from '../cluster/pods.ts'
import { askWebhook } from '../cluster/webhook.ts'
import type { CliDeps } from '../deps.ts'
import type { StatusFlags } from '../flags.ts'
import { describeNamedPort, isByName, unseenPorts } from '../intercept/places/named-port.ts'
import { showText } from '../terminal/show-text.ts'
import { inOrder, readFacts, toJson, type Facts } from '../list/list.ts'
import { formatTable } from '../terminal/table.ts'
import { isNamed, parseWorkloadName } from '../workload-name.ts'

/** One workload that has pods. */
type WorkloadRow = {
  readonly workload: string
  /** Pods that have not ended. */
  readonly pods: number
  /** Of those, with the proxy running in them. */
  readonly injected: number
  /** Of those, in the mode `named-port`. */
  readonly namedPort: number
  /** Their ports that are called by number, past the proxy. */
  readonly unseen: readonly number[]
}

/** `waylay status --output json`: docs/schemas/status.schema.json. */
type Status = {
  readonly context: string
  readonly namespace: string
  /** Null where it could not be read. */
  readonly injection: boolean | null
  readonly consent: string | null
  readonly webhook: {
    readonly answers: boolean | null
    readonly version: string | null
    readonly problem: string | null
  }
  readonly workloads: readonly WorkloadRow[]
  readonly intercepts: readonly (Facts & { readonly isMine: boolean })[]
}

/** Prints what is there, on one screen. */
const INJECTING: ReadonlySet<string | undefined> = new Set(Object.values(NAMESPACE_INJECT))

export async function status (wanted: string | undefined, flags: StatusFlags, deps: CliDeps): Promise<void> {
  const isWanted = createFilter(wanted)
  const cluster = openCluster(flags, deps)
  try {
    const found = await look(cluster, isWanted)
    if (flags.output === 'json') deps.output.result(JSON.stringify(toOutput(found), null, 2))
    else for (const line of describe(found)) deps.output.result(line)
  } finally {
    cluster.close()
  }
}

function createFilter (wanted: string | undefined): (workload: string) => boolean {
  if (wanted === undefined) return () => true
  const name = parseWorkloadName(wanted)
  return workload => isNamed(workload, name)
}

/** Pods and intercepts must be there to be shown; what else cannot be read is left open. */
async function look (cluster: Cluster, isWanted: (workload: string) => boolean): Promise<Status> {
  const { namespace, context } = cluster
  const [facts, webhook, pods, intercepts, me] = await Promise.all([
    getNamespace(cluster, namespace).catch(() => undefined),
    askWebhook(cluster, namespace),
    listPodsBy(cluster, namespace, ''),
    listIntercepts(cluster, namespace).catch((error: unknown) => {
      if (toWaylayError(error).code === 'WAYLAY_NOT_INSTALLED') return []
      throw error
    }),
    whoAmI(cluster).catch(() => undefined)
  ])
  const nowMs = cluster.serverNowMs()
  const shown = intercepts.filter(({ spec }) => isWanted(spec.workload)).map(intercept => ({
    ...readFacts(intercept, nowMs), isMine: intercept.spec.owner === me
  }))
  return {
    context,
    namespace,
    injection: facts === undefined ? null : INJECTING.has(facts.labels[INJECT_LABEL]),
    consent: facts === undefined ? null : facts.annotations[ANNOTATIONS.intercepts] ?? 'personal',
    webhook: {
      answers: webhook.kind === 'forbidden' ? null : webhook.kind !== 'silent',
      version: webhook.kind === 'signs' ? webhook.version ?? null : null,
      problem: webhook.kind === 'signs' ? null : webhook.error.message
    },
    workloads: countPods(pods.items).filter(({ workload }) => isWanted(workload)),
    intercepts: shown.sort((a, b) => Number(b.isMine) - Number(a.isMine) || inOrder(a, b))
  }
}

function countPods (pods: readonly Pod[]): readonly WorkloadRow[] {
  const alive = pods.filter(item => !isOver(item))
  return [...new Set(alive.map(workloadIdOf))].sort().map(workload => {
    const its = alive.filter(pod => workloadIdOf(pod) === workload)
    const injected = its.filter(pod => injectionOf(pod) !== undefined && isReachable(pod))
    const namedPort = injected.filter(pod => isByName([pod])).length
    return { workload, pods: its.length, injected: injected.length, namedPort, unseen: unseenPorts(injected) }
  })
}

function toOutput ({ intercepts, ...rest }: Status) {
  return { ...rest, intercepts: intercepts.map(facts => ({ mine: facts.isMine, ...toJson(facts) })) }
}

function describe (
  { context, namespace, injection, consent, webhook, workloads, intercepts }: Status
): readonly string[] {
  const label = injection === null ? 'cannot be read' : injection ? 'new pods are injected' : 'new pods are not injected'
  const answers = webhook.answers === true ? `answers${webhook.version === null ? '' : `, version ${webhook.version}`}` : 'not known to answer'
  return [
    `namespace ${namespace} (context ${context}): ${label}; intercepts allowed: ${consent ?? 'unknown'}`,
    showText(`webhook: ${answers}${webhook.problem === null ? '' : ` (${webhook.problem})`}`),
    '',
    ...workloads.length === 0
      ? ['No pods.']
      : formatTable(['WORKLOAD', 'INJECTED'], workloads.map(toCells)).split('\n'),
    ...workloads.filter(({ namedPort }) => namedPort > 0).map(row => describeNamedPort(row.workload, row.unseen)),
    '',
    ...intercepts.length === 0 ? ['No intercepts.'] : formatTable(INTERCEPT_HEADER, intercepts.map(toRow)).split('\n')
  ]
}

function toCells ({ workload, pods, injected, namedPort }: WorkloadRow): readonly string[] {
  const mode = namedPort === 0 ? '' : namedPort === injected ? ' named-port' : ` (${namedPort} named-port)`
  return [workload, `${injected}/${pods}${mode}`]
}

const INTERCEPT_HEADER = ['INTERCEPT OF', 'PORT', 'MATCH', 'OWNER', 'SINCE', 'REQUESTS', 'STATE'] as const

function toRow (
  { intercept: { spec }, match, isMine, ageMs, status: { requests }, state }: Status['intercepts'][number]
): readonly string[] {
  return [
    spec.workload,
    String(spec.port),
    match === undefined ? '(cannot be read)' : describeMatch(match),
    isMine ? 'you' : spec.owner ?? '-',
    formatAge(ageMs),
    String(requests ?? '-'),
    state
  ].map(showText)
}
