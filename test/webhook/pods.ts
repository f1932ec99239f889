import { INJECT_LABEL } from '../../common/contract.ts'
import { applyPatch } from '../../webhook/apply-patch.ts'
import { planInjection, type InjectionPlan } from '../../webhook/injection/plan.ts'
import type { InjectionContext } from '../../webhook/injection/context.ts'
import type { Container, Pod } from '../../webhook/injection/pod.ts'

type Planned = Extract<InjectionPlan, { kind: 'inject' }>

/** A pod as the API server sends it, with fields waylay has never heard of. */
export function aPod (parts: {
  readonly containers?: readonly object[]
  readonly spec?: object
  readonly metadata?: object
} = {}): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'debug', namespace: 'shop', ...parts.metadata },
    spec: { containers: parts.containers ?? [aContainer()], futureField: { kept: [1, 2] }, ...parts.spec }
  } as unknown as Pod
}

/** An app's container that declares one HTTP port, unless told otherwise. */
export function aContainer (parts: object = {}): Container {
  return { name: 'app', image: 'shop/app:1', ports: [{ containerPort: 8080 }], ...parts } as Container
}

export function aContext (parts: Partial<InjectionContext> = {}): InjectionContext {
  return {
    namespace: 'shop',
    namespaceAnnotations: {},
    systemNamespace: 'waylay-system',
    sidecar: { image: 'waylay/sidecar:1', imagePullPolicy: 'Never' },
    propagate: { image: 'waylay/propagate:1', imagePullPolicy: 'Never' },
    ticketKey: 'MCowBQYDK2VwAyEA',
    admissionId: '5f2c1f6e-0000-4000-8000-000000000001',
    servicePorts: [],
    cluster: { isOpenShift: false },
    limitRanges: [],
    quotas: [],
    ...parts,
    // One that takes it away says so.
    namespaceLabels: { [INJECT_LABEL]: 'enabled', ...parts.namespaceLabels }
  }
}

/** Plans and applies. Fails the test when the pod is skipped. */
export function inject (pod: Pod, context = aContext()): { readonly plan: Planned, readonly pod: Pod } {
  const plan = planInjection(pod, context)
  if (plan.kind !== 'inject') throw new Error(`Not injected: ${JSON.stringify(plan)}`)
  return { plan, pod: applyPatch(pod, plan.patch) as Pod }
}

/** The configuration as the sidecar of an injected pod reads it. */
export function configOf (pod: Pod): unknown {
  const proxy = pod.spec.initContainers?.find(({ name }) => name === 'waylay-proxy')
  return JSON.parse(proxy?.env?.find(({ name }) => name === 'WAYLAY_CONFIG')?.value ?? '')
}
