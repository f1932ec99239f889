import type { AppAddress } from '../../browse/app-address.ts'
import type { RoutingHeader } from '../../browse/routing-fields.ts'
import type { Mapping } from '../../browse/url-map.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { AppConnections } from './app-connections.ts'
import { AppSession } from './app-session.ts'
import { openAppStream, type AppStreamOptions } from './app-stream.ts'
import type { ChosenPort } from './choose-port.ts'
import { Http2Callers } from './http2-caller.ts'
import { portsToTry } from './listen-port.ts'
import { PodWay } from './pod-way.ts'
import type { PreviewFacts, PreviewReport } from './preview-report.ts'
import { servePreview } from './serve.ts'
import type { Site } from './site.ts'

export type PreviewOptions = {
  readonly cluster: Cluster
  readonly namespace: string
  readonly service: string
  readonly port: ChosenPort
  readonly app: AppAddress
  readonly routing: readonly RoutingHeader[]
  /** Port of this machine, where one was wished for. */
  readonly listen: number | undefined
  readonly report: Pick<PreviewReport, 'turn' | 'note'>
}

export type RunningPreview = {
  readonly facts: Omit<PreviewFacts, 'headers'>
  readonly stop: () => void
}

/** Host names that were used, each with its own mapping; a browser uses one or two. */
const MAX_HOSTS = 100

/**
 * Opens a preview on this machine.
 *
 * @throws {WaylayError} `WAYLAY_PORT_IN_USE`, `WAYLAY_USAGE`, `WAYLAY_FORBIDDEN`, `WAYLAY_NO_CLUSTER`, … That no pod is
 *   ready is what its callers are told.
 */
export async function startPreview (options: PreviewOptions): Promise<RunningPreview> {
  const { cluster, namespace, service, port, app, routing, listen, report } = options
  const ended = new AbortController()
  const way = new PodWay({ cluster, namespace, service, port, signal: ended.signal, note: report.note })
  const to: AppStreamOptions = { way, tlsName: port.tls ? `${service}.${namespace}.svc` : undefined }
  const isWanted = (pod: string): boolean => way.isWanted(pod)
  const connections = new AppConnections({ dial: async () => await openAppStream(to, 'http/1.1'), isWanted })
  const session = new AppSession({ dial: async () => await openAppStream(to, 'h2'), isWanted })
  let address = ''
  let isTold = false
  const entry = await servePreview({
    ports: listen === undefined ? portsToTry(namespace, service, port.port) : [listen],
    siteFor: number => {
      address = `http://127.0.0.1:${number}`
      const mappingFor = mappings(address, app)
      const site: Site = { address, mappingFor, routing, connections, onTurn: report.turn }
      return { site, http2: new Http2Callers(site, session) }
    },
    onTls: () => {
      if (!isTold) report.note(`Somebody asked with https. A preview on this machine is ${address}`)
      isTold = true
    }
  })
  const stop = (): void => {
    ended.abort()
    entry.stop()
    connections.stop()
    session.stop()
  }
  try {
    await openFirst(connections, report.note)
  } catch (error) {
    stop()
    throw error
  }
  return { facts: { url: `${address}/`, namespace, service, port: port.port }, stop }
}

/** A pod may become ready later, and the next request finds it; a right that is missing stays missing. */
async function openFirst (connections: AppConnections, note: (line: string) => void): Promise<void> {
  try {
    await connections.warm()
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code !== 'WAYLAY_REACH_REFUSED') throw failure
    note(`Warning: ${failure.message}. Requests get 503 until one is. ${failure.hint}`)
  }
}

/** The preview's origin is whatever name of this machine the browser used. */
function mappings (address: string, app: AppAddress): Site['mappingFor'] {
  const known = new Map<string | undefined, Mapping>()
  return host => {
    const found = known.get(host)
    if (found !== undefined) return found
    const mapping = { preview: host === undefined ? address : `http://${host}`, app }
    if (known.size < MAX_HOSTS) known.set(host, mapping)
    return mapping
  }
}
