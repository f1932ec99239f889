import { ANNOTATIONS } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { companionName, copyName } from '../../../environments/names.ts'
import { newEnvironment, type Environment } from '../../../environments/object.ts'
import { randomValue } from '../../../intercepts/label.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { getNamespace } from '../../cluster/namespaces.ts'
import { listPodSelectors, type PodSelectors } from '../../cluster/pod-selectors.ts'
import { injectionOf } from '../../cluster/pods.ts'
import { listServices, type Service } from '../../cluster/services.ts'
import { findPolicies, type FoundPolicies } from '../policies/find-policies.ts'
import type { EnvironmentWish } from '../wish.ts'
import { chooseImages } from './choose-images.ts'
import { chooseVariables } from './choose-variables.ts'
import { companionImage } from './companion-image.ts'
import { companionPodLabels, planCompanion } from './companion.ts'
import { copyDeployment } from './copy-deployment.ts'
import { copyService } from './copy-service.ts'
import { copyTemplate } from './copy-template.ts'
import { chooseDivertedPorts, type Header } from './diverted-ports.ts'
import type { CopyPlan, EnvironmentPlan } from './environment-plan.ts'
import { fitTemplate } from './fit-template.ts'
import type { Original } from './original.ts'
import type { Labels, PodTemplate } from './pod-template.ts'
import { readOriginal } from './read-original.ts'
import { readyPath } from './ready-path.ts'
import { servicesOf } from './service-ports.ts'
import { judgeSharedWork } from './shared/judge-shared-work.ts'
import { createVariableReader } from './shared/read-variables.ts'
import { unselectedLabels } from './unselected-labels.ts'

/**
 * Plans an environment: everything that is to be written, and nothing written.
 *
 * @param existing the one of that name, where there is one: its header, value and owner stay.
 * @throws {WaylayError} what `readOriginal`, `chooseImages` and `chooseDivertedPorts` throw; `WAYLAY_USAGE` for what
 *   was asked for twice.
 */
export async function planEnvironment (
  cluster: Cluster, namespace: string, wish: EnvironmentWish, existing: Environment | undefined
): Promise<EnvironmentPlan> {
  const [services, selectors, ...originals] = await Promise.all([
    listServices(cluster, namespace),
    listPodSelectors(cluster, namespace),
    ...wish.workloads.map(async workload => await readOriginal(cluster, namespace, workload))
  ])
  refuseTwice(wish.name, originals)
  const header = existing === undefined
    ? { name: wish.header, value: randomValue(wish.name) }
    : { name: existing.spec.header, value: existing.spec.value }
  const images = chooseImages(originals, wish.images)
  const planned = originals.map(original => planCopy({
    namespace, wish, header, services, selectors, original, originals, images: images.get(original.workload.id) ?? {}
  }))
  const shared = await judgeAll(cluster, namespace, wish, originals, planned)
  const policies = await findPoliciesOf(cluster, namespace, wish, planned)
  const copies = planned.map(({ plan }) => ({ ...plan, policies: policies.objects.get(plan.copy) ?? [] }))
  const companion = {
    namespace,
    environment: wish.name,
    header,
    copies,
    image: companionImage(originals.flatMap(({ injected }) => injected)),
    neighbours: planned.map(({ template }) => template)
  }
  return {
    environment: rootOf(namespace, wish, header, existing, copies, images, cluster.clock.nowMs()),
    copies,
    companion: uid => planCompanion(companion, uid),
    warnings: [
      ...warnOfHeader(wish, existing), ...warnOfUnseen(selectors), ...planned.flatMap(({ warnings }) => warnings),
      ...shared, ...policies.warnings
    ]
  }
}

function warnOfHeader ({ name, header }: EnvironmentWish, existing: Environment | undefined): readonly string[] {
  if (existing === undefined || existing.spec.header === header) return []
  return [`${name} is reached by the header ${existing.spec.header}, as it was when it was made; --header ${header} changes nothing.`]
}

function warnOfUnseen ({ unseen }: PodSelectors): readonly string[] {
  return unseen.length === 0 ? [] : [`You may not list ${unseen.join(', ')}, so nobody looked whether one selects the copies' pods.`]
}

async function judgeAll (
  cluster: Cluster, namespace: string, wish: EnvironmentWish,
  originals: readonly Original[], planned: readonly PlannedCopy[]
): Promise<readonly string[]> {
  const reader = createVariableReader(cluster, namespace)
  const judged = await Promise.all(originals.map(async (original, index) => {
    const template = planned[index]?.template ?? original.template
    return await judgeSharedWork(original, template, reader, wish.allow.sharedConsumers)
  }))
  const unseen = [...reader.unseen]
  return [
    ...judged.flat(),
    ...unseen.length === 0
      ? []
      : [`You may not get these ConfigMaps, so nobody looked for consumer groups and schedules in them: ${unseen.join(', ')}.`]
  ]
}

async function findPoliciesOf (
  cluster: Cluster, namespace: string, wish: EnvironmentWish, planned: readonly PlannedCopy[]
): Promise<FoundPolicies> {
  const facts = await getNamespace(cluster, namespace).catch(() => undefined)
  return await findPolicies(cluster, {
    namespace,
    namespaceLabels: facts?.labels ?? { 'kubernetes.io/metadata.name': namespace },
    environment: wish.name,
    copies: planned.map(({ plan: { copy, original, ports }, template, originalLabels, services }) => ({
      copy,
      workload: original.id,
      original: originalLabels,
      labels: template.metadata?.labels ?? {},
      ports: ports.map(({ port }) => port),
      services
    })),
    companion: { labels: companionPodLabels(wish.name), serviceAccount: companionName(wish.name) },
    allowUncloned: wish.allow.unclonedPolicies
  })
}

type PlannedCopy = {
  readonly plan: CopyPlan
  readonly warnings: readonly string[]
  /** Labels of the original's pods. */
  readonly originalLabels: Labels
  /** Names of the Services that select the original's pods. */
  readonly services: readonly string[]
  readonly template: PodTemplate
}

type CopyOptions = {
  readonly namespace: string
  readonly wish: EnvironmentWish
  readonly header: Header
  readonly services: readonly Service[]
  readonly selectors: PodSelectors
  readonly original: Original
  readonly originals: readonly Original[]
  readonly images: Readonly<Record<string, string>>
}

function planCopy (
  { namespace, wish, header, services, selectors, original, originals, images }: CopyOptions
): PlannedCopy {
  const { workload, template } = original
  const copy = copyName(workload.id, wish.name)
  const { ports, warnings } = chooseDivertedPorts(original, services, header, portsOf(wish, original, originals))
  const fit = fitTemplate(original, wish.allow.freshVolumes === true)
  const labels = unselectedLabels(wish.name, copy, template.metadata?.labels ?? {}, selectors.found, wish.keptLabels)
  const copied = copyTemplate(fit.template, {
    environment: wish.name,
    copy,
    images,
    variables: chooseVariables(original, originals, wish.variables),
    kept: labels.kept,
    language: languageOf(original)
  })
  return {
    plan: {
      original: workload,
      copy,
      ports,
      policies: [],
      service: copyService({ namespace, environment: wish.name, copy, template, ports, services }),
      deployment: copyDeployment(namespace, wish.name, copy, copied.template),
      readyPath: wish.readyPath ?? readyPath(template, ports)
    },
    originalLabels: template.metadata?.labels ?? {},
    services: servicesOf(services, template).map(({ metadata }) => metadata.name),
    template: copied.template,
    warnings: [...warnings, ...fit.warnings, ...labels.warnings, ...copied.warnings]
  }
}

/** Of several workloads, each has its own of the ports that were named. */
function portsOf ({ ports }: EnvironmentWish, original: Original, originals: readonly Original[]): EnvironmentWish['ports'] {
  const has = ({ injected }: Original, wanted: number | string): boolean => injected.some(pod =>
    injectionOf(pod)?.ports.some(({ port, name }) => port === wanted || name === wanted))
  const its = ports.filter(port => has(original, port) || !originals.some(other => has(other, port)))
  return its.length > 0 ? its : ports
}

/** The language in which the original's pods carry headers on: as the template says, or else as its pods were given. */
function languageOf ({ template, injected }: Original): string | undefined {
  const written = template.metadata?.annotations?.[ANNOTATIONS.propagate]
  if (written !== undefined) return written === 'none' ? undefined : written
  return injected.map(pod => injectionOf(pod)?.propagate).find(language => language !== undefined)
}

function rootOf (
  namespace: string, wish: EnvironmentWish, header: Header, existing: Environment | undefined,
  copies: readonly CopyPlan[], images: ReadonlyMap<string, Readonly<Record<string, string>>>, nowMs: number
): Environment {
  const owner = existing?.spec.owner
  return newEnvironment(namespace, wish.name, {
    header: header.name,
    value: header.value,
    workloads: copies.map(({ original: { id }, copy, ports }) => ({
      workload: id, copy, ports: ports.map(({ port }) => port), images: images.get(id) ?? {}
    })),
    expiresAt: new Date(nowMs + wish.ttlMs).toISOString(),
    ...(owner !== undefined && { owner })
  })
}

function refuseTwice (environment: string, originals: readonly Original[]): void {
  const ids = originals.map(({ workload }) => workload.id)
  const twice = firstTwice(ids)
  if (twice !== undefined) {
    throw new WaylayError('WAYLAY_USAGE', `Two of the flags --workload mean ${twice}`, { hint: 'Leave one of them away.' })
  }
  // A workload may be called as if it were another one's copy, or the companion.
  const taken = firstTwice([companionName(environment), ...ids.map(id => copyName(id, environment))])
  if (taken === undefined) return
  throw new WaylayError('WAYLAY_ENVIRONMENT_TAKEN', `Two Deployments of the environment "${environment}" would have the name ${taken}`)
}

function firstTwice (names: readonly string[]): string | undefined {
  return names.find((name, index) => names.indexOf(name) !== index)
}
