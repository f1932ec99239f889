import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { followEndpointSlices, listEndpointSlices, type EndpointSlice } from '../cluster/endpoint-slices.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'

/** A port of a pod that a Service leads to. */
export type PodPort = { readonly pod: string, readonly port: number }

/** The ready pods behind one Service, as they come and go. */
export class ServicePods {
  readonly #cluster: Cluster
  readonly #namespace: string
  readonly #service: string
  readonly #signal: AbortSignal
  #slices: readonly EndpointSlice[] = []
  #loading: Promise<void> | undefined
  #turn = 0

  /** @param signal ends the following. */
  constructor (cluster: Cluster, namespace: string, service: string, signal: AbortSignal) {
    this.#cluster = cluster
    this.#namespace = namespace
    this.#service = service
    this.#signal = signal
  }

  /**
   * Ready pods, another one first each time.
   *
   * @param portName of the Service's port; undefined for one without a name.
   * @param otherPort what a headless Service is asked for that does not name the port: its pods' own.
   * @throws {WaylayError} `WAYLAY_FORBIDDEN`, `WAYLAY_NO_CLUSTER`
   */
  async list (
    portName: string | undefined, otherPort: number | undefined, hostname?: string
  ): Promise<readonly PodPort[]> {
    await this.#load()
    const ports = new Map<string, number>()
    for (const slice of this.#slices) {
      const port = otherPort ?? slice.ports?.find(({ name = '', protocol = 'TCP' }) =>
        name === (portName ?? '') && protocol === 'TCP')?.port
      if (port === undefined) continue
      for (const { conditions, targetRef, hostname: own } of slice.endpoints ?? []) {
        if (conditions?.ready === false || targetRef?.kind !== 'Pod' || targetRef.name === undefined) continue
        // A pod of both families stands in two slices.
        if (hostname === undefined || own === hostname) ports.set(targetRef.name, port)
      }
    }
    const pods = [...ports].map(([pod, port]) => ({ pod, port }))
    const first = pods.length === 0 ? 0 : this.#turn++ % pods.length
    return [...pods.slice(first), ...pods.slice(0, first)]
  }

  /** Whether the pod is ready as far as is known; nobody is asked. */
  isReady (pod: string): boolean {
    return this.#slices.some(({ endpoints }) => endpoints?.some(({ conditions, targetRef }) =>
      targetRef?.name === pod && conditions?.ready !== false))
  }

  async #load (): Promise<void> {
    this.#loading ??= this.#loadAndFollow()
    await this.#loading
  }

  async #loadAndFollow (): Promise<void> {
    const forget = (): void => { this.#loading = undefined }
    try {
      const from = await listEndpointSlices(this.#cluster, this.#namespace, this.#service)
      this.#slices = from.items
      const following = followEndpointSlices(this.#cluster, this.#namespace, this.#service, {
        from,
        signal: this.#signal,
        onChange: slices => { this.#slices = [...slices.values()] },
        // What was seen last stays in use; who may list but not watch lists each time.
        onTrouble: () => {}
      })
      void following.then(forget, forget)
    } catch (error) {
      forget()
      throw toWaylayError(error)
    }
  }
}

/** What is said where a Service is there and nobody behind it. */
export function noReadyPod (namespace: string, name: string, port: number): WaylayError {
  return new WaylayError('WAYLAY_REACH_REFUSED', `Service ${namespace}/${name} has no ready pod behind its port ${port}`,
    { hint: `See what is wrong: kubectl -n ${namespace} get endpointslices,pods` })
}
