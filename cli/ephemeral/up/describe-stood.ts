import type { Cluster } from '../../cluster/kubeconfig.ts'
import { isPodOf, listPods } from '../../cluster/pods.ts'
import { findAddress, listServices } from '../../cluster/services.ts'
import { exampleRequest } from '../../intercept/report/example-request.ts'
import { exactHeader } from '../../../intercepts/header-match.ts'
import { formatAge } from '../../terminal/age.ts'
import type { CopyPlan } from '../plan/environment-plan.ts'
import type { Stood } from './stand-environment.ts'

/** What programs are told of an environment that stands; docs/output.md has it. */
export type StoodFacts = {
  readonly name: string
  readonly namespace: string
  readonly phase: 'Ready' | 'Pending'
  /** Whether there was none of that name before. */
  readonly created: boolean
  readonly header: { readonly name: string, readonly value: string }
  readonly workloads: readonly {
    readonly workload: string
    readonly copy: string
    readonly ports: readonly number[]
    readonly images: Readonly<Record<string, string>>
  }[]
  /** A request to each copy, as a shell takes it. */
  readonly examples: readonly string[]
  readonly expiresAt: string
  /** From the beginning; null where nobody waited for it. */
  readonly firstAnswerMs: number | null
  readonly warnings: readonly string[]
}

export async function describeStood (
  cluster: Cluster, { environment, plan, isNew, firstAnswerMs }: Stood
): Promise<StoodFacts> {
  const { metadata: { name, namespace }, spec } = environment
  const header = { name: spec.header, value: spec.value }
  return {
    name,
    namespace,
    phase: firstAnswerMs === undefined ? 'Pending' : 'Ready',
    created: isNew,
    header,
    workloads: spec.workloads.map(({ workload, copy, ports, images = {} }) => ({ workload, copy, ports, images })),
    examples: await findExamples(cluster, namespace, plan.copies, header),
    expiresAt: spec.expiresAt,
    firstAnswerMs: firstAnswerMs ?? null,
    warnings: plan.warnings
  }
}

export function toLines (
  { name, namespace, header, examples, expiresAt, phase }: StoodFacts, nowMs: number
): readonly string[] {
  return [
    phase === 'Ready' ? `${namespace}/${name} is ready` : `${namespace}/${name} is on its way`,
    `Header:   ${header.name}: ${header.value}`,
    ...examples.map((example, index) => `${index === 0 ? 'Try it: ' : '        '}  ${example}`),
    `Expires:  ${expiresAt}, in ${formatAge(Date.parse(expiresAt) - nowMs)}`
  ]
}

/** By the Services that lead to the originals. A mere hint: what cannot be read is left out. */
async function findExamples (
  cluster: Cluster, namespace: string, copies: readonly CopyPlan[], { name, value }: StoodFacts['header']
): Promise<readonly string[]> {
  try {
    const services = await listServices(cluster, namespace)
    const match = { headers: [exactHeader(name, value)] }
    const all = await Promise.all(copies.map(async ({ original, ports: [port], readyPath }) => {
      const pod = (await listPods(cluster, original)).items.find(pod => isPodOf(original, pod))
      const address = pod && port && findAddress(services, pod, port)
      if (address === undefined) return []
      const line = exampleRequest({ ...match, path: { type: 'Exact', value: readyPath } }, address.host)
      return [port?.isHttp2Only === true ? line.replace('curl', 'curl --http2-prior-knowledge') : line]
    }))
    return all.flat()
  } catch {
    return []
  }
}
