import type { Manifest } from '../../manifests.ts'
import { judgesCaller, rulesForCompanion, sparingCompanion } from './companion-rules.ts'
import { aboutCopy, coverage, type AuthorizationRule, type IstioPolicy, type IstioSpec } from './istio-kinds.ts'
import type { CopyPods, PlannedPolicies } from './network-facts.ts'
import { newPolicy, ownLabels, type PolicyOwner } from './policy-object.ts'

export type IstioFacts = {
  readonly namespace: string
  readonly environment: string
  /** Of the namespace, without those of environments. */
  readonly policies: readonly IstioPolicy[]
  /** The companion's ServiceAccount. */
  readonly serviceAccount: string
}

// A policy that is only tried out refuses nothing; its clone must not either.
const DRY_RUN = 'istio.io/dry-run'

/** Istio's policies about the original's pods, for the copy's. The copy calls as the original: by the same account. */
export function planIstioPolicies (facts: IstioFacts, pods: CopyPods): PlannedPolicies {
  const owner = { namespace: facts.namespace, environment: facts.environment, copy: pods.copy }
  const covering = facts.policies.map(policy => ({ policy, ...coverage(policy, pods) }))
  return {
    objects: covering.filter(({ isOriginal }) => isOriginal).flatMap(({ policy, isCopy }) => isCopy
      ? admitCompanion(policy, facts, pods, owner)
      : [cloneForCopy(policy, facts, pods, owner)]),
    warnings: covering.flatMap(({ policy, ...whom }) => tellOfDifference(policy, whom, pods))
  }
}

function cloneForCopy (policy: IstioPolicy, facts: IstioFacts, pods: CopyPods, owner: PolicyOwner): Manifest {
  const spec = aboutCopy(policy.spec ?? {}, pods, ownLabels(pods.labels))
  const clone = newPolicy(policy, owner, ['as', policy.metadata.name], withCompanion(policy, spec, facts))
  const dryRun = policy.metadata.annotations?.[DRY_RUN]
  const metadata = { ...clone.metadata, ...(dryRun !== undefined && { annotations: { [DRY_RUN]: dryRun } }) }
  return { ...clone, metadata }
}

function withCompanion (policy: IstioPolicy, spec: IstioSpec, facts: IstioFacts): IstioSpec {
  if (policy.kind !== 'AuthorizationPolicy' || spec.rules === undefined) return spec
  const { rules } = spec
  switch (spec.action ?? 'ALLOW') {
    case 'ALLOW': return { ...spec, rules: [...rules, ...rulesForCompanion(rules, principalOf(facts))] }
    case 'AUDIT': return spec
    default: return { ...spec, rules: sparingCompanion(rules, principalOf(facts)) }
  }
}

/** Where a policy of the whole namespace closes the copy as well: one more rule that lets the companion through. */
function admitCompanion (
  policy: IstioPolicy, facts: IstioFacts, pods: CopyPods, owner: PolicyOwner
): readonly Manifest[] {
  const { action = 'ALLOW', rules = [] } = policy.spec ?? {}
  if (policy.kind !== 'AuthorizationPolicy' || action !== 'ALLOW') return []
  const added: readonly AuthorizationRule[] = rulesForCompanion(rules, principalOf(facts))
  if (added.length === 0) return []
  const spec = { selector: { matchLabels: ownLabels(pods.labels) }, action, rules: added }
  return [newPolicy(policy, owner, ['companion', policy.metadata.name], spec)]
}

/** In any trust domain. */
function principalOf ({ namespace, serviceAccount }: IstioFacts): string {
  return `*/ns/${namespace}/sa/${serviceAccount}`
}

function tellOfDifference (
  { kind, metadata, spec = {} }: IstioPolicy, { isOriginal, isCopy }: ReturnType<typeof coverage>, pods: CopyPods
): readonly string[] {
  const name = `${kind} ${metadata.name}`
  if (isCopy && !isOriginal) return [`${name} is about the copy of ${pods.workload}, and not about the original`]
  const isRefusing = kind === 'AuthorizationPolicy' && ['DENY', 'CUSTOM'].includes(spec.action ?? '')
  return isCopy && isRefusing && (spec.rules ?? []).some(judgesCaller)
    ? [`${name} looks at who calls: marked requests reach the copy of ${pods.workload} from its companion, ` +
      'and are refused there if it refuses that one']
    : []
}
