import { toWaylayError } from '../../common/errors.ts'
import { listAll } from '../cluster/list-all.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { injectionOf, isOver, workloadIdOf, type Pod } from '../cluster/pods.ts'
import type { Output } from '../terminal/output.ts'

/** Pods of one workload that carry a sidecar, and what gives them another one, or none. */
export type Restart = {
  readonly namespace: string
  /** `deployment/payments`, `pod/debug`. */
  readonly workload: string
  /** Of the sidecars. */
  readonly version: string
  readonly pods: number
  /** Null for what ends by itself or must be made anew by whoever made it. */
  readonly command: string | null
}

/** What `kubectl rollout restart` knows. */
const RESTARTED_KINDS: ReadonlySet<string> = new Set(['deployment', 'statefulset', 'daemonset'])
/** Whose pods are made anew when they are deleted. */
const REPLACING_KINDS: ReadonlySet<string> = new Set(['replicaset', 'replicationcontroller', 'rollout'])

/**
 * Everything that is injected, of all namespaces. What was done before is done: one who may not list pods is told so.
 *
 * @param isMeant by the sidecar's version.
 */
export async function findRestarts (
  cluster: Cluster, output: Output, isMeant: (version: string) => boolean = () => true
): Promise<readonly Restart[]> {
  const pods = await listAll<Pod>(cluster, { verb: 'list', resource: 'pods' }, '/api/v1/pods').catch((error: unknown) => {
    const { code, message } = toWaylayError(error)
    if (code !== 'WAYLAY_FORBIDDEN') throw error
    output.note(`Which pods carry a sidecar is not known: ${message}`)
    return []
  })
  const byWorkload = new Map<string, { readonly version: string, readonly pods: Pod[] }>()
  for (const pod of pods) {
    const version = injectionOf(pod)?.version
    if (version === undefined || isOver(pod) || !isMeant(version)) continue
    const key = `${pod.metadata.namespace} ${workloadIdOf(pod)} ${version}`
    const known = byWorkload.get(key)
    if (known === undefined) byWorkload.set(key, { version, pods: [pod] })
    else known.pods.push(pod)
  }
  return [...byWorkload.values()].map(toRestart).sort(bareLast)
}

function toRestart ({ version, pods }: { readonly version: string, readonly pods: readonly Pod[] }): Restart {
  const [{ metadata: { namespace } } = NO_POD] = pods
  const workload = workloadIdOf(pods[0] ?? NO_POD)
  return { namespace, workload, version, pods: pods.length, command: commandFor(namespace, workload, pods) }
}

const NO_POD: Pod = { metadata: { name: '', namespace: '', uid: '' } }

function commandFor (namespace: string, workload: string, pods: readonly Pod[]): string | null {
  const kind = workload.split('/', 1)[0] ?? ''
  if (RESTARTED_KINDS.has(kind)) return `kubectl -n ${namespace} rollout restart ${workload}`
  const names = pods.map(({ metadata }) => metadata.name).join(' ')
  return REPLACING_KINDS.has(kind) ? `kubectl -n ${namespace} delete pod ${names}` : null
}

function bareLast (one: Restart, other: Restart): number {
  const rank = ({ command, namespace, workload }: Restart): string => `${command === null ? 1 : 0} ${namespace} ${workload}`
  return rank(one) < rank(other) ? -1 : 1
}

/** One line for each workload; those that no command restarts come last, with what becomes of them. */
export function describeRestarts (restarts: readonly Restart[]): readonly string[] {
  return restarts.map(({ namespace, workload, version, pods, command }) => {
    const what = `${workload} in ${namespace} (${pods} ${pods === 1 ? 'pod' : 'pods'}, sidecar ${version})`
    if (command !== null) return `  ${what}:  ${command}`
    return workload.startsWith('pod/')
      ? `  ${what}:  nobody makes it again: delete it and create it anew`
      : `  ${what}:  until it ends`
  })
}
