import { appAddress } from '../../../browse/app-address.ts'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import { IN_CLUSTER } from '../../cluster/in-cluster.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { getService, type Service } from '../../cluster/services.ts'
import type { UrlFlags } from '../../flags.ts'
import { findPlaces } from '../../intercept/places/find-places.ts'
import { choosePort, type ChosenPort } from '../../preview/choose-port.ts'
import { startPreview } from '../../preview/start-preview.ts'
import { parseWorkloadName } from '../../workload-name.ts'
import type { Subject } from './subject.ts'

/** An address of the app for the tests, and what ends it. */
export type AppUrl = { readonly url: string | undefined, readonly stop: () => void }

const NOTHING = { url: undefined, stop: () => {} }

/**
 * Where the tests reach the app: what `--url` says; in the cluster the Service itself, which the tests' requests reach
 * with the header that they put on; elsewhere a preview on this machine, which puts the header on.
 *
 * @throws {WaylayError} for a Service that was asked for. What was not asked for is left out with a note.
 */
export async function openAppUrl (cluster: Cluster, subject: Subject, { flags, note }: {
  readonly flags: UrlFlags
  readonly note: (line: string) => void
}): Promise<AppUrl> {
  if (typeof flags.url === 'string') return { ...NOTHING, url: flags.url }
  if (flags.url === false) return NOTHING
  try {
    return await open(cluster, subject, flags, note)
  } catch (error) {
    if (flags.urlService !== undefined) throw error
    note(`Note: WAYLAY_URL is not set: ${toWaylayError(error).message}. Name a Service with --url-service, or an address with --url.`)
    return NOTHING
  }
}

async function open (
  cluster: Cluster, subject: Subject, flags: UrlFlags, note: (line: string) => void
): Promise<AppUrl> {
  const { service, port } = await findService(cluster, subject, flags)
  const { name, namespace } = service.metadata
  if (cluster.context === IN_CLUSTER) {
    const scheme = port.tls ? 'https' : 'http'
    return { ...NOTHING, url: new URL(`${scheme}://${name}.${namespace}:${port.port}`).origin }
  }
  const app = appAddress({
    service: name,
    namespace,
    port: port.port,
    tls: port.tls,
    otherPorts: port.targetPort === undefined ? [] : [port.targetPort],
    otherNames: (service.spec?.clusterIPs ?? []).filter(ip => ip !== 'None'),
    hostHeader: undefined
  })
  const running = await startPreview({
    cluster,
    service: name,
    namespace,
    port,
    app,
    routing: subject.headers,
    listen: undefined,
    // The tests' own output tells of their requests.
    report: { turn: () => {}, note }
  })
  return { url: new URL(running.facts.url).origin, stop: running.stop }
}

type Found = { readonly service: Service, readonly port: ChosenPort }

async function findService (
  cluster: Cluster, { counted: [first] }: Subject, { urlService: wanted }: UrlFlags
): Promise<Found> {
  if (wanted !== undefined) return await readService(cluster, cluster.namespace, wanted)
  if (first === undefined) throw new WaylayError('WAYLAY_SERVICE_UNFIT', 'Nothing is intercepted')
  const workload = parseWorkloadName(first.workload)
  const { places: [place] } = await findPlaces(cluster, first.namespace, workload, [first.port])
  const address = await place?.service
  if (address === undefined) throw new WaylayError('WAYLAY_SERVICE_UNFIT', `No Service leads to ${first.workload} port ${first.port}`)
  const [host = '', port = '80'] = address.host.split(':')
  return await readService(cluster, first.namespace, `${host.split('.')[0] ?? ''}:${port}`)
}

/** `frontend`, `frontend:80`, `frontend:http`. */
async function readService (cluster: Cluster, namespace: string, text: string): Promise<Found> {
  const [name = '', port] = text.split(':')
  const service = await getService(cluster, namespace, parseWorkloadName(name).name)
  if (service === undefined) {
    throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `There is no Service "${name}" in namespace ${namespace}`,
      { hint: `List what is there: kubectl -n ${namespace} get services` })
  }
  return { service, port: choosePort(service, port === undefined ? undefined : /^\d+$/.test(port) ? Number(port) : port) }
}
