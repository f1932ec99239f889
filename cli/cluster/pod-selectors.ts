import { callApi } from './api.ts'
import type { Cluster } from './kubeconfig.ts'
import type { LabelSelector } from './selector.ts'

/** An object of a namespace that selects pods by their labels. */
export type PodSelector = {
  /** `service/payments`, for people. */
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly selector: LabelSelector
}

export type PodSelectors = {
  readonly found: readonly PodSelector[]
  /** Resources that we may not list, and should look at. */
  readonly unseen: readonly string[]
}

type Item = {
  readonly metadata: { readonly name: string, readonly labels?: PodSelector['labels'] }
  readonly spec?: { readonly selector?: LabelSelector | Readonly<Record<string, string>> }
}

// Controllers take no pod that has one, but autoscalers count by their selectors, so one that may not be listed is no
// reason for a warning. ReplicaSets are left out: a Deployment's select by a hash of their own.
const KINDS = [
  { kind: 'Service', resource: 'services', path: '/api/v1', isPlain: true, isMinor: false },
  { kind: 'PodDisruptionBudget', resource: 'poddisruptionbudgets.policy', path: '/apis/policy/v1', isPlain: false, isMinor: false },
  { kind: 'Deployment', resource: 'deployments.apps', path: '/apis/apps/v1', isPlain: false, isMinor: true },
  { kind: 'StatefulSet', resource: 'statefulsets.apps', path: '/apis/apps/v1', isPlain: false, isMinor: true },
  { kind: 'DaemonSet', resource: 'daemonsets.apps', path: '/apis/apps/v1', isPlain: false, isMinor: true }
] as const

/** Everything of a namespace that may select pods which it was never meant for. */
export async function listPodSelectors (cluster: Cluster, namespace: string): Promise<PodSelectors> {
  const lists = await Promise.all(KINDS.map(async known => ({ known, items: await list(cluster, namespace, known) })))
  return {
    found: lists.flatMap(({ known, items = [] }) => items.flatMap(({ metadata: { name, labels = {} }, spec }) => {
      const selector = read(spec?.selector, known.isPlain)
      return selector === undefined ? [] : [{ name: `${known.kind} ${name}`, labels, selector }]
    })),
    unseen: lists.filter(({ known, items }) => items === undefined && !known.isMinor).map(({ known }) => known.resource)
  }
}

/** A Service without a selector selects nothing; a budget with an empty one selects everything. */
function read (selector: NonNullable<Item['spec']>['selector'], isPlain: boolean): LabelSelector | undefined {
  if (selector === undefined || !isPlain) return selector
  return Object.keys(selector).length === 0 ? undefined : { matchLabels: selector as Readonly<Record<string, string>> }
}

async function list (
  cluster: Cluster, namespace: string, { resource, path }: typeof KINDS[number]
): Promise<readonly Item[] | undefined> {
  const { status, body } = await callApi(cluster, {
    verb: 'list',
    resource,
    namespace,
    path: `${path}/namespaces/${namespace}/${resource.split('.')[0] ?? ''}`,
    expected: [403, 404]
  })
  return status === 403 ? undefined : (body as { readonly items?: readonly Item[] }).items ?? []
}
