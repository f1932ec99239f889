import { WaylayError } from '../../../common/errors.ts'
import type { Intercept, InterceptStatus } from '../../../intercepts/object.ts'
import {
  createIntercept, deleteHeldIntercept, getIntercept, patchInterceptStatus, updateIntercept, whoAmI
} from '../../cluster/intercepts.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import type { StandClock } from '../../clock.ts'
import type { HoldDeps } from './hold.ts'
import { statusAt } from './life.ts'

/** The calls that the life of an Intercept is made of. */
export type InterceptApi = {
  readonly holdDeps: (wanted: Intercept) => HoldDeps
  readonly read: (wanted: Intercept) => Promise<Intercept | undefined>
  readonly update: (object: Intercept) => Promise<Intercept | 'changed' | 'gone'>
  readonly renew: (
    held: Intercept, counts: Omit<InterceptStatus, 'renewTime' | 'fence'>
  ) => Promise<Intercept | 'lost' | 'gone'>
  /** Deletes it, as long as it is ours. */
  readonly release: (held: Intercept) => Promise<unknown>
}

// A connection that went black with the network would hold an answer back for longer than an Intercept lasts.
const ANSWER_TIMEOUT_MS = 5000

export function createInterceptApi (cluster: Cluster, clock: StandClock): InterceptApi {
  const soon = async <T>(answer: Promise<T>): Promise<T> => {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const cancel = clock.after(ANSWER_TIMEOUT_MS, () => {
      reject(new WaylayError('WAYLAY_NO_CLUSTER', `The API server did not answer within ${ANSWER_TIMEOUT_MS / 1000} s`))
    })
    return await Promise.race([answer, late]).finally(cancel)
  }
  const read = async ({ metadata: { namespace, name } }: Intercept) => await getIntercept(cluster, namespace, name)
  return {
    holdDeps: wanted => ({
      create: async object => await createIntercept(cluster, object),
      read: async () => await read(wanted),
      update: async object => await updateIntercept(cluster, object),
      remove: async object => await deleteHeldIntercept(cluster, object),
      whoAmI: async () => await whoAmI(cluster),
      serverNowMs: () => cluster.serverNowMs()
    }),
    read: async wanted => await soon(read(wanted)),
    update: async object => await soon(updateIntercept(cluster, object)),
    renew: async (held, counts) =>
      await soon(patchInterceptStatus(cluster, held, statusAt(cluster.serverNowMs(), counts))),
    release: async held => await deleteHeldIntercept(cluster, held)
  }
}
