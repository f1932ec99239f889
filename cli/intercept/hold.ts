import { WaylayError } from '../../common/errors.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { formatAge } from '../age.ts'
import { createIntercept, deleteIntercept, getIntercept, whoAmI } from '../cluster/intercepts.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'

/** An Intercept object that is ours, with the ticket the webhook signed. */
export type HeldIntercept = {
  readonly object: Intercept
  readonly name: string
  readonly ticket: string
}

/**
 * Creates the object: whoever gets it holds the match.
 *
 * @throws {WaylayError} `WAYLAY_CONFLICT` naming the holder; `WAYLAY_NOT_INSTALLED` where no webhook signed it.
 */
export async function holdIntercept (cluster: Cluster, wanted: Intercept): Promise<HeldIntercept> {
  const object = await createIntercept(cluster, wanted)
  if (object === undefined) throw await describeConflict(cluster, wanted)
  const { ticket } = object.spec
  if (ticket === undefined) {
    await deleteIntercept(cluster, wanted.metadata.namespace, wanted.metadata.name, object.metadata.uid)
    throw new WaylayError('WAYLAY_NOT_INSTALLED', 'The cluster knows intercepts, but no waylay webhook signed this one')
  }
  return { object, name: object.metadata.name, ticket }
}

/** Gives it back; one that somebody else made meanwhile under the same name is left alone. */
export async function releaseIntercept (cluster: Cluster, { object }: HeldIntercept): Promise<void> {
  await deleteIntercept(cluster, object.metadata.namespace, object.metadata.name, object.metadata.uid)
}

async function describeConflict (cluster: Cluster, wanted: Intercept): Promise<WaylayError> {
  const { namespace, name } = wanted.metadata
  const [holder, me] = await Promise.all([getIntercept(cluster, namespace, name), whoAmI(cluster).catch(() => '')])
  const what = `${wanted.spec.workload} port ${wanted.spec.port} with ${describeMatch(wanted.spec.match)}`
  if (holder === undefined) return new WaylayError('WAYLAY_CONFLICT', `${what} was given up a moment ago`, { hint: 'Try again.' })
  const { owner = 'somebody', host } = holder.spec
  const since = holder.metadata.creationTimestamp ?? ''
  const age = formatAge(Date.now() - Date.parse(since))
  const where = host === undefined ? '' : `, on ${host}`
  const isMine = owner === me
  return new WaylayError('WAYLAY_CONFLICT', `${what} is held by ${isMine ? 'yourself' : owner} since ${since} (${age})${where}`, {
    hint: isMine
      ? `End it with: waylay leave ${name} -n ${namespace}`
      : `Choose another header value with --id, or ask ${owner} to run: waylay leave ${wanted.spec.workload}`
  })
}
