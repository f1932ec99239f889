import type { Duplex } from 'node:stream'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { openPortForward } from '../cluster/port-forward.ts'
import { isTcp, type Service } from '../cluster/services.ts'
import { noReadyPod, ServicePods } from './service-pods.ts'

/** A pod that is just going refuses; the next one may not. */
const MAX_PODS = 3
// The next pod would be refused alike.
const FINAL: ReadonlySet<WaylayCode> = new Set(['WAYLAY_FORBIDDEN'])

/** The way to the pods behind one Service: by port-forward, with the developer's own rights. */
export class ServiceWay {
  /** As it was last seen. */
  service: Service
  readonly #cluster: Cluster
  readonly #pods: ServicePods

  constructor (cluster: Cluster, service: Service, signal: AbortSignal) {
    const { name, namespace } = service.metadata
    this.service = service
    this.#cluster = cluster
    this.#pods = new ServicePods(cluster, namespace, name, signal)
  }

  /**
   * Opens a connection to a ready pod, another one each time.
   *
   * @param hostname of the pod that is meant, where the Service names its pods.
   * @throws {WaylayError} `WAYLAY_REACH_UNKNOWN`, `WAYLAY_REACH_REFUSED`, `WAYLAY_FORBIDDEN`, `WAYLAY_NO_CLUSTER`
   */
  async dial (port: number, hostname?: string): Promise<Duplex> {
    const { name, namespace } = this.service.metadata
    const { portName, otherPort } = this.#findPort(port)
    const pods = await this.#pods.list(portName, otherPort, hostname)
    let failure: WaylayError | undefined
    for (const found of pods.slice(0, MAX_PODS)) {
      try {
        const stream = await openPortForward(this.#cluster, namespace, found.pod, found.port)
        // It stands before the pod is asked, whose word may be here by now.
        if (stream.errored !== null) throw stream.errored
        return stream
      } catch (error) {
        failure = toWaylayError(error)
        if (FINAL.has(failure.code)) throw failure
      }
    }
    if (failure === undefined) throw noReadyPod(namespace, name, port)
    throw new WaylayError('WAYLAY_REACH_REFUSED', `Service ${namespace}/${name} could not be reached: ${failure.message}`, { cause: failure })
  }

  #findPort (port: number): { readonly portName: string | undefined, readonly otherPort: number | undefined } {
    const { metadata: { name, namespace }, spec } = this.service
    const ports = (spec?.ports ?? []).filter(isTcp)
    const found = ports.find(item => item.port === port)
    if (found !== undefined) return { portName: found.name, otherPort: undefined }
    // The name of a headless Service stands for its pods, whatever port is meant.
    if (spec?.clusterIP === 'None') return { portName: undefined, otherPort: port }
    const known = ports.map(item => item.name === undefined ? String(item.port) : `${item.port} (${item.name})`)
    throw new WaylayError('WAYLAY_REACH_UNKNOWN', `Service ${namespace}/${name} has no TCP port ${port}; it has: ${known.join(', ') || 'none'}`)
  }
}
