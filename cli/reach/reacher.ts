import { isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { WaylayError } from '../../common/errors.ts'
import { requestDial } from '../../tunnel/dial-head.ts'
import { isSame, whyForbidden } from '../../tunnel/forbidden-address.ts'
import { findServiceByIp, findServiceByName } from '../cluster/find-service.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Service } from '../cluster/services.ts'
import { toServiceName } from './service-name.ts'
import { ServiceWay } from './service-way.ts'

export type ReacherDeps = {
  readonly cluster: Cluster
  /** A stream to an injected pod of the intercepted workload. Throws a WaylayError when none is there. */
  readonly openPodStream: () => Duplex
  readonly nowMs?: () => number
}

/** A connection, and what came on it before anybody read. The stream is paused. */
export type Reached = { readonly stream: Duplex, readonly rest: Buffer }

type Way = { readonly service: ServiceWay, readonly hostname?: string | undefined } | { readonly host: string }

/** What a name means may change: a Service is made, gets another port, goes. */
const FRESH_MS = 10_000
const MAX_KNOWN = 1000
const MAX_HOST_LENGTH = 253

/**
 * Opens connections to hosts inside the cluster. A Service goes by port-forward to a ready pod behind it, with the
 * developer's own rights; everything else through an injected pod, whose namespace must consent.
 */
export class Reacher {
  readonly #deps: ReacherDeps
  readonly #stopped = new AbortController()
  readonly #known = new Map<string, { readonly way: Promise<Way>, readonly untilMs: number }>()
  readonly #services = new Map<string, ServiceWay>()

  constructor (deps: ReacherDeps) {
    this.#deps = deps
  }

  /** @throws {WaylayError} the `WAYLAY_REACH_` codes, `WAYLAY_EGRESS_FORBIDDEN`, `WAYLAY_FORBIDDEN`, … */
  async dial (host: string, port: number): Promise<Reached> {
    refuseForbidden(host)
    const way = await this.#findWay(host)
    if ('service' in way) return { stream: await way.service.dial(port, way.hostname), rest: Buffer.alloc(0) }
    const stream = this.#deps.openPodStream()
    return { stream, rest: await requestDial(stream, way.host, port) }
  }

  /** Ends what follows the cluster; connections are whoever's who opened them. */
  stop (): void {
    this.#stopped.abort()
  }

  async #findWay (host: string): Promise<Way> {
    const now = this.#deps.nowMs?.() ?? performance.now()
    const known = this.#known.get(host)
    if (known !== undefined && known.untilMs > now) return await known.way
    const way = this.#look(host)
    this.#known.delete(host)
    // Whoever asks for many names asks for the oldest again.
    const [oldest] = this.#known.keys()
    if (this.#known.size >= MAX_KNOWN && oldest !== undefined) this.#known.delete(oldest)
    this.#known.set(host, { way, untilMs: now + FRESH_MS })
    way.catch(() => { this.#known.delete(host) })
    return await way
  }

  async #look (host: string): Promise<Way> {
    const { cluster } = this.#deps
    if (isIP(host) !== 0) {
      const service = await findServiceByIp(cluster, ip => isSame(ip, host))
      return service === undefined ? { host } : this.#wayTo(service, host)
    }
    const name = toServiceName(host, cluster.namespace)
    const service = name && await findServiceByName(cluster, name.namespace, name.name)
    return service === undefined ? { host } : this.#wayTo(service, host, name?.hostname)
  }

  #wayTo (service: Service, host: string, hostname?: string): Way {
    const { metadata: { name, namespace }, spec = {} } = service
    if (spec.type === 'ExternalName') {
      const external = spec.externalName ?? ''
      refuseForbidden(external)
      return { host: external }
    }
    // Endpoints that somebody else writes are no pods of this cluster.
    if (Object.keys(spec.selector ?? {}).length === 0) return { host }
    const key = `${namespace}/${name}`
    const way = this.#services.get(key) ?? new ServiceWay(this.#deps.cluster, service, this.#stopped.signal)
    way.service = service
    this.#services.set(key, way)
    return { service: way, hostname }
  }
}

/** What is never reached is refused before anybody is asked; the pod looks again at what a name means there. */
function refuseForbidden (host: string): void {
  const refuse = (why: string): WaylayError =>
    new WaylayError('WAYLAY_REACH_FORBIDDEN', `${host.slice(0, MAX_HOST_LENGTH)} is never reached through the cluster: ${why}`)
  if (/^(?:.*\.)?localhost\.?$/i.test(host)) throw refuse('it means the machine that asks')
  if (isIP(host) === 0) {
    if (host.length > MAX_HOST_LENGTH || !/^[A-Za-z0-9._-]+$/.test(host)) throw new WaylayError('WAYLAY_REACH_UNKNOWN', 'This is not the name of a host')
    return
  }
  const why = whyForbidden(host)
  if (why !== undefined) throw refuse(why)
}
