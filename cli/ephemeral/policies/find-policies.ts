import { WaylayError } from '../../../common/errors.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import type { Manifest } from '../../manifests.ts'
import { readApiServerAddresses } from './api-server-addresses.ts'
import { isCompanionShut } from './companion-paths.ts'
import { ISTIO_KINDS, type IstioPolicy } from './istio-kinds.ts'
import type { Labels } from './label-selector.ts'
import { createKindLister, type KindLister, type Listed } from './list-kind.ts'
import type { CopyPods } from './network-facts.ts'
import { NETWORK_POLICY, type NetworkPolicy } from './network-policy.ts'
import { tellOfOtherNamespaces } from './other-namespaces.ts'
import { planIstioPolicies } from './plan-istio.ts'
import { planNetworkPolicies } from './plan-network.ts'
import { isOurs } from './policy-object.ts'
import { CILIUM_GROUP, UNFIT_KINDS, tellsApart } from './unfit-kinds.ts'

export type PoliciesWish = {
  readonly namespace: string
  readonly namespaceLabels: Labels
  readonly environment: string
  /** Every copy of the environment. */
  readonly copies: readonly CopyPods[]
  readonly companion: {
    /** Labels of its pods. */
    readonly labels: Labels
    readonly serviceAccount: string
  }
  /** A policy that selects the original and cannot be copied is a warning, and no refusal. */
  readonly allowUncloned: boolean
}

export type FoundPolicies = {
  /** By the name of the copy: to be written before its pods are. */
  readonly objects: ReadonlyMap<string, readonly Manifest[]>
  readonly warnings: readonly string[]
}

/**
 * The policies that copies need so as to reach, and be reached by, whatever their originals are.
 *
 * @throws {WaylayError} `WAYLAY_POLICY_UNFIT` naming each policy that would have to be copied and cannot.
 */
export async function findPolicies (cluster: Cluster, wish: PoliciesWish): Promise<FoundPolicies> {
  const lister = createKindLister(cluster)
  const [network, istio, unfit] = await Promise.all([
    findNetworkPolicies(cluster, lister, wish), findIstioPolicies(lister, wish), findUnfit(lister, wish)
  ])
  return {
    objects: new Map(wish.copies.map(({ copy }) =>
      [copy, [...network.objects.get(copy) ?? [], ...istio.objects.get(copy) ?? []]])),
    warnings: [...new Set([...network.warnings, ...istio.warnings, ...unfit])]
  }
}

async function findNetworkPolicies (cluster: Cluster, lister: KindLister, wish: PoliciesWish): Promise<FoundPolicies> {
  const [own, all, cilium] = await Promise.all([
    lister.list<NetworkPolicy>(NETWORK_POLICY, wish.namespace),
    lister.list<NetworkPolicy>(NETWORK_POLICY),
    lister.versionOf(CILIUM_GROUP)
  ])
  const policies = own.items.filter(policy => !isOurs(policy))
  const isApiServerAsked = isCompanionShut(policies, wish.companion.labels) &&
    // Cilium does not find the API server by address: a rule with its ports alone lets it through.
    cilium === undefined
  const facts = {
    namespace: wish.namespace,
    environment: wish.environment,
    companion: wish.companion.labels,
    policies,
    apiServer: isApiServerAsked ? await readApiServerAddresses(cluster) : undefined
  }
  const planned = wish.copies.map(pods => [pods.copy, planNetworkPolicies(facts, pods)] as const)
  return {
    objects: new Map(planned.map(([copy, { objects }]) => [copy, objects])),
    warnings: [
      ...unseen(own),
      ...planned.flatMap(([, { warnings }]) => warnings),
      ...tellOfOtherNamespaces(all.items, wish)
    ]
  }
}

/** Who may not look everywhere is not told each time; who may not look here is. */
function unseen ({ unseen }: Listed<Manifest>): readonly string[] {
  return unseen === undefined ? [] : [`Policies were not looked at, and are not copied: ${unseen}`]
}

async function findIstioPolicies (lister: KindLister, wish: PoliciesWish): Promise<FoundPolicies> {
  const listed = await listGroups<IstioPolicy>(lister, ISTIO_KINDS, wish.namespace)
  const facts = {
    namespace: wish.namespace,
    environment: wish.environment,
    policies: listed.flatMap(({ items }) => items).filter(policy => !isOurs(policy)),
    serviceAccount: wish.companion.serviceAccount
  }
  const planned = wish.copies.map(pods => [pods.copy, planIstioPolicies(facts, pods)] as const)
  return {
    objects: new Map(planned.map(([copy, { objects }]) => [copy, objects])),
    warnings: [...listed.flatMap(unseen), ...planned.flatMap(([, { warnings }]) => warnings)]
  }
}

/** @returns warnings, of which the policies that are not copied are some if that is allowed. */
async function findUnfit (lister: KindLister, wish: PoliciesWish): Promise<readonly string[]> {
  const namespace = { name: wish.namespace, labels: wish.namespaceLabels }
  const listed = await listGroups(lister, UNFIT_KINDS, wish.namespace)
  const found = listed.flatMap(({ items }) => items).flatMap(policy => wish.copies
    .filter(pods => tellsApart(policy, pods, namespace))
    .map(({ workload }) => `${policy.kind} ${policy.metadata.name} is about ${workload}, and not about its copy`))
  if (found.length > 0 && !wish.allowUncloned) {
    throw new WaylayError('WAYLAY_POLICY_UNFIT', `waylay cannot copy these policies: ${found.join('; ')}`)
  }
  return [...listed.flatMap(unseen), ...found]
}

async function listGroups<T extends Manifest> (
  lister: KindLister, groups: Readonly<Record<string, readonly string[]>>, namespace: string
): Promise<readonly Listed<T>[]> {
  const listed = await Promise.all(Object.entries(groups).map(async ([group, kinds]) => {
    const apiVersion = await lister.versionOf(group)
    if (apiVersion === undefined) return []
    return await Promise.all(kinds.map(async kind => await lister.list<T>({ apiVersion, kind }, namespace)))
  }))
  return listed.flat()
}
