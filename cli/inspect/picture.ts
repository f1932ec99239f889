import { describeMatch } from '../../intercepts/describe-match.ts'
import { parseMatch } from '../../intercepts/match.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { listIntercepts } from '../cluster/intercepts.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { readPodMetrics } from '../cluster/pod-metrics.ts'
import { listPodsBy } from '../cluster/pods.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import { Cached } from './cached.ts'
import type { ExchangeLog } from './exchange-log.ts'
import type { CallerPicture, HolderPicture, Picture, PodPicture, Standing } from './view-types.ts'

export type PictureDeps = {
  readonly cluster: Cluster
  readonly log: ExchangeLog
  readonly intercepts: () => readonly StandingIntercept[]
  readonly standing: () => Promise<readonly Standing[]>
  readonly now: () => number
  readonly wallNow: () => number
}

const PODS_AGE_MS = 10_000
const INTERCEPTS_AGE_MS = 5000
const METRICS_AGE_MS = 3000
/** Each costs a port-forward; of a workload with hundreds of pods these are enough to see how it goes. */
const MAX_METRICS_PODS = 12

/** Draws, on demand, what the workload looks like: callers, pods, who holds what. */
export class Painter {
  readonly #deps: PictureDeps
  readonly #names: Cached<ReadonlyMap<string, string>>
  readonly #holders: Cached<readonly Intercept[]>
  readonly #passed: Cached<ReadonlyMap<string, number>>

  constructor (deps: PictureDeps) {
    this.#deps = deps
    this.#names = new Cached(async () => await this.#readNames(), PODS_AGE_MS, deps.now)
    this.#holders = new Cached(async () => await this.#readHolders(), INTERCEPTS_AGE_MS, deps.now)
    this.#passed = new Cached(async () => await this.#readPassed(), METRICS_AGE_MS, deps.now)
  }

  /** Never rejects for the cluster's sake: what cannot be read is named in `notes`. */
  async paint (): Promise<Picture> {
    const { wallNow, standing } = this.#deps
    const [names, holders, passed, stands] = await Promise.all([
      this.#names.get(), this.#holders.get(), this.#passed.get(), standing()
    ])
    return {
      at: wallNow(),
      standing: stands,
      pods: this.#pods(passed.value),
      callers: this.#callers(names.value),
      holders: (holders.value ?? []).map(intercept => this.#holder(intercept)),
      notes: [
        noteOn('Callers are shown by address', names.problem),
        noteOn('Intercepts of others are not shown', holders.problem),
        noteOn('Requests that go to the app are not counted', passed.problem)
      ].filter(note => note !== undefined)
    }
  }

  #pods (passed: ReadonlyMap<string, number> = new Map()): readonly PodPicture[] {
    return this.#deps.intercepts().flatMap(({ name: intercept, port, podStates }) =>
      podStates.map(({ pod, state }) =>
        ({ name: pod.name, intercept, state, passed: passed.get(`${pod.name} ${port}`) })))
  }

  #callers (names: ReadonlyMap<string, string> = new Map()): readonly CallerPicture[] {
    return this.#deps.log.counts.map(({ caller, pod, intercept, diverted }) =>
      ({ caller, name: names.get(caller), pod, intercept, diverted }))
  }

  #holder ({ metadata: { name }, spec, status }: Intercept): HolderPicture {
    return {
      name,
      workload: spec.workload,
      port: spec.port,
      match: matchText(spec.match),
      owner: spec.owner ?? '-',
      host: status?.host ?? spec.host ?? '-',
      isOurs: this.#deps.intercepts().some(ours => ours.name === name),
      requests: status?.requests
    }
  }

  get #namespaces (): readonly string[] {
    return [...new Set(this.#deps.intercepts().map(({ namespace }) => namespace))]
  }

  async #readNames (): Promise<ReadonlyMap<string, string>> {
    const lists = await Promise.all(this.#namespaces.map(async namespace =>
      await listPodsBy(this.#deps.cluster, namespace, '')))
    return new Map(lists.flatMap(({ items }) => items).flatMap(({ metadata, status }) =>
      status?.podIP === undefined ? [] : [[status.podIP, metadata.name] as const]))
  }

  async #readHolders (): Promise<readonly Intercept[]> {
    const lists = await Promise.all(this.#namespaces.map(async namespace =>
      await listIntercepts(this.#deps.cluster, namespace)))
    return lists.flat()
  }

  /** By pod and port. */
  async #readPassed (): Promise<ReadonlyMap<string, number>> {
    const pods = new Map(this.#deps.intercepts().flatMap(({ openPods }) => openPods).map(pod => [pod.uid, pod]))
    const read = [...pods.values()].slice(0, MAX_METRICS_PODS).map(async ({ namespace, name }) => {
      const samples = await readPodMetrics(this.#deps.cluster, namespace, name)
      return samples.filter(({ name, labels }) => name === 'waylay_turns_total' && labels['route'] === 'app')
        .map(({ labels, value }) => [`${name} ${labels['port'] ?? ''}`, value] as const)
    })
    return new Map((await Promise.all(read)).flat())
  }
}

function noteOn (what: string, problem: string | undefined): string | undefined {
  return problem === undefined ? undefined : `${what}: ${problem}`
}

function matchText (match: unknown): string {
  try {
    return describeMatch(parseMatch(match))
  } catch {
    return '(cannot be read)'
  }
}
