import { ROUTING_HEADER } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { readEnvironmentName } from '../../../environments/names.ts'
import { exactHeader, type HeaderMatch } from '../../../intercepts/header-match.ts'
import { interceptName } from '../../../intercepts/name.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { getEnvironment } from '../../cluster/environments.ts'
import { getIntercept, listIntercepts } from '../../cluster/intercepts.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import type { CiTestFlags } from '../../flags.ts'
import { readReadyFile } from '../ready-file.ts'
import type { Counted } from './count.ts'

/** What the tests are about: the headers that their requests have to carry, and whose requests are counted. */
export type Subject = {
  readonly environment?: string
  /** The first of them is the one that the tests get to know. */
  readonly headers: readonly { readonly name: string, readonly value: string }[]
  readonly counted: readonly Counted[]
}

/**
 * Finds what the flags name: an environment, intercepts by their names or by the header, or what `ci run` wrote.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`, `WAYLAY_ENVIRONMENT_UNKNOWN`, `WAYLAY_INTERCEPT_UNKNOWN`, `WAYLAY_FORBIDDEN`.
 */
export async function findSubject (cluster: Cluster, flags: CiTestFlags): Promise<Subject> {
  const { environment, intercept, header, readyFile } = flags
  if (environment !== undefined) return await ofEnvironment(cluster, readEnvironmentName(environment))
  if (intercept !== undefined) {
    return ofIntercepts(await Promise.all(intercept.map(async name => await requireIntercept(cluster, name))))
  }
  if (readyFile !== undefined) return await readReadyFile(readyFile)
  return await ofHeader(cluster, header)
}

/** @throws {WaylayError} `WAYLAY_USAGE` unless exactly one of the flags is there. */
export function checkSubjectFlags ({ environment, intercept, header, readyFile }: CiTestFlags): void {
  const given = [environment, intercept, header, readyFile].filter(flag => flag !== undefined).length
  if (given === 1) return
  throw new WaylayError('WAYLAY_USAGE', given === 0
    ? 'Nothing says whose requests are counted'
    : '--environment, --intercept, --header and --ready-file cannot stand together',
  { hint: 'Name one of them: --environment pr-123, --intercept <name>, --header x-waylay-id=pr-123-x7f2k9qd or --ready-file <file of "ci run">' })
}

async function ofEnvironment (cluster: Cluster, name: string): Promise<Subject> {
  const found = await getEnvironment(cluster, cluster.namespace, name)
  if (found === undefined) {
    throw new WaylayError('WAYLAY_ENVIRONMENT_UNKNOWN', `There is no environment "${name}" in namespace ${cluster.namespace}`,
      { hint: `Make it first: waylay env up ${name}. See which there are: waylay env list -n ${cluster.namespace}` })
  }
  const { header, value } = found.spec
  return { environment: name, headers: [{ name: header, value }], counted: countedOf(found) }
}

/** Names of Intercepts follow from what they are for, so none has to be listed. */
function countedOf ({ metadata: { namespace }, spec }: Environment): readonly Counted[] {
  const { header, value, workloads } = spec
  const match = { headers: [exactHeader(header, value)] }
  return workloads.flatMap(({ workload, ports }) => ports.map(port =>
    ({ namespace, intercept: interceptName(workload, port, match), workload, port })))
}

async function requireIntercept (cluster: Cluster, name: string): Promise<Intercept> {
  const found = await getIntercept(cluster, cluster.namespace, name)
  if (found !== undefined) return found
  throw new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', `There is no intercept "${name}" in namespace ${cluster.namespace}`)
}

function ofIntercepts (found: readonly Intercept[]): Subject {
  const [first] = found.map(headersOf)
  const isSame = found.every(intercept => JSON.stringify(headersOf(intercept)) === JSON.stringify(first))
  if (isSame) return { headers: first ?? [], counted: found.map(toCounted) }
  throw new WaylayError('WAYLAY_USAGE', 'These intercepts ask for different headers, and the tests can be told of one only',
    { hint: 'Give "ci run" the same --http-header for each of them.' })
}

async function ofHeader (cluster: Cluster, header: HeaderMatch | undefined): Promise<Subject> {
  const { name = ROUTING_HEADER, value = '' } = header ?? {}
  const all = await listIntercepts(cluster, cluster.namespace)
  const found = all.filter(intercept => headersOf(intercept).some(one => one.name === name && one.value === value))
  if (found.length > 0) return { headers: [{ name, value }], counted: found.map(toCounted) }
  throw new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', `No intercept in namespace ${cluster.namespace} asks for ${name}=${value}`)
}

function headersOf ({ spec: { match } }: Intercept): Subject['headers'] {
  return match.headers.filter(({ type }) => type === 'Exact').map(({ name, value }) => ({ name, value }))
}

function toCounted ({ metadata: { namespace, name }, spec: { workload, port } }: Intercept): Counted {
  return { namespace, intercept: name, workload, port }
}
