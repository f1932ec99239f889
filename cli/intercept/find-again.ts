import { toWaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { findWorkload, type Workload } from '../cluster/workloads.ts'
import { WORKLOAD_KINDS } from '../workload-name.ts'

/** The workload of the same kind and name as it is now; undefined when there is none. A kind we cannot read stays. */
export async function findAgain (cluster: Cluster, workload: Workload): Promise<Workload | undefined> {
  const [wanted, name = ''] = workload.id.split('/')
  const kind = WORKLOAD_KINDS.find(known => known === wanted)
  if (kind === undefined) return workload
  try {
    return await findWorkload(cluster, workload.namespace, { kind, name })
  } catch (error) {
    if (toWaylayError(error).code === 'WAYLAY_WORKLOAD_UNKNOWN') return undefined
    throw error
  }
}
