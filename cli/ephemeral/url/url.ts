import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentUrlFlags } from '../../flags.ts'
import { findPreviewed, readServiceName } from '../../preview/previewed-service.ts'
import { shareablePort } from '../../preview/share/shareable-port.ts'
import { showText } from '../../terminal/show-text.ts'
import type { Output } from '../../terminal/output.ts'
import { baggageOf } from '../baggage-of.ts'
import { findEnvironment } from '../find-environment.ts'
import { findEntries, type Entry } from './entries.ts'
import { linkTo, type EnvironmentLink, type LinkedService } from './link.ts'

/** What leads to an environment. */
type Ways = {
  readonly environment: Environment
  readonly entries: readonly Entry[]
  /** Or why there is none. */
  readonly link: EnvironmentLink | WaylayError
}

/** Prints what leads to an environment. A link that there cannot be is no failure. */
export async function environmentUrl (name: string, flags: EnvironmentUrlFlags, deps: CliDeps): Promise<void> {
  const cluster = openCluster(flags, deps)
  try {
    const environment = await findEnvironment(cluster, name)
    const entries = await findEntries(cluster, environment)
    const wanted = flags.service === undefined ? firstOf(entries) : await readWanted(cluster, flags.service)
    const ways = { environment, entries, link: await tryLink(cluster, environment, wanted) }
    if (flags.output === 'json') deps.output.result(JSON.stringify(toJson(ways), null, 2))
    else print(ways, deps.output)
  } finally {
    cluster.close()
  }
}

function firstOf (entries: readonly Entry[]): LinkedService | undefined {
  const entry = entries.find(({ isShareable }) => isShareable)
  return entry && { service: entry.service, port: entry.servicePort }
}

async function readWanted (cluster: Cluster, text: string): Promise<LinkedService> {
  const service = readServiceName(text)
  return { service, port: shareablePort(await findPreviewed(cluster, service), undefined) }
}

async function tryLink (
  cluster: Cluster, environment: Environment, wanted: LinkedService | undefined
): Promise<Ways['link']> {
  if (wanted === undefined) {
    return new WaylayError('WAYLAY_PREVIEW_UNFIT', 'No Service with a cluster IP leads to it that you may see')
  }
  try {
    return await linkTo(cluster, environment, wanted)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_NO_CLUSTER' || failure.code === 'WAYLAY_INTERNAL') throw failure
    return failure
  }
}

function print ({ environment: { spec }, entries, link }: Ways, { result, note }: Output): void {
  const baggage = baggageOf({ name: spec.header, value: spec.value })
  result(showText(`Header:   ${spec.header}: ${spec.value}`))
  if (baggage !== undefined) result(showText(`Baggage:  baggage: ${baggage}`))
  for (const { workload, curl } of entries) result(showText(`In the cluster, to ${workload}:  ${curl}`))
  if (!(link instanceof WaylayError)) {
    result(`Link:     ${link.url}`)
    note(showText(`Whoever has this link sees Service ${link.service} with this environment, until ${link.expiresAt} or until it ends.`))
    return
  }
  note(showText(link.code === 'WAYLAY_PREVIEW_NO_GATEWAY'
    ? 'No link for browsers: this cluster has no preview gateway.'
    : `No link for browsers: ${link.message}. ${link.hint}`))
}

function toJson ({ environment: { metadata, spec }, entries, link }: Ways) {
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    header: spec.header,
    value: spec.value,
    baggage: baggageOf({ name: spec.header, value: spec.value }) ?? null,
    urls: entries.map(({ workload, port, service, url, curl }) => ({ workload, port, service, url, curl })),
    preview: link instanceof WaylayError ? null : link
  }
}
