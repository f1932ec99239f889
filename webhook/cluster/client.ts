import {
  AdmissionregistrationV1Api, ApiException, AuthorizationV1Api, CoreV1Api, createConfiguration, CustomObjectsApi,
  KubeConfig, ServerConfiguration, type Configuration, type RequestContext
} from '@kubernetes/client-node'
import { WaylayError } from '../../common/errors.ts'
import { machineClock, type ServerClock } from '../../intercepts/server-clock.ts'
import { shareDispatcher } from './dispatcher.ts'
import { rawApi, type RawApi } from './raw.ts'
import { timedHttp } from './timed-http.ts'

/** The corners of the API that the webhook uses. */
export type Cluster = {
  readonly core: CoreV1Api
  readonly authorization: AuthorizationV1Api
  readonly admission: AdmissionregistrationV1Api
  readonly objects: CustomObjectsApi
  readonly raw: RawApi
  /** The API server's clock, ms since the epoch, fed by every answer. */
  readonly serverNowMs: () => number
}

/** Every request ends after this: our own callers wait 2 s for an answer about a pod. */
const REQUEST_TIMEOUT_MS = 1500
/** A page of a list; nobody waits for it. */
const RAW_TIMEOUT_MS = 10_000

/** Connects with the pod's service account, or with a kubeconfig where one is named. */
export function connectCluster (): Cluster {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromDefault()
  const server = kubeConfig.getCurrentCluster()?.server
  if (server === undefined) throw new WaylayError('WAYLAY_NO_CLUSTER', 'There is no service account and no kubeconfig')
  const clock = machineClock()
  const share = shareDispatcher(() => performance.now())
  const configuration = configure(kubeConfig, server, clock, share)
  return {
    core: new CoreV1Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    admission: new AdmissionregistrationV1Api(configuration),
    objects: new CustomObjectsApi(configuration),
    raw: rawApi({ kubeConfig, configuration, shareDispatcher: share, timeoutMs: RAW_TIMEOUT_MS }),
    serverNowMs: () => clock.nowMs()
  }
}

/** Whether the API server answered with this HTTP status. */
export function isStatus (error: unknown, status: number): boolean {
  return error instanceof ApiException && error.code === status
}

/** Writes what was read before. False when somebody else was faster: read again. */
export async function unlessConflict (write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write()
    return true
  } catch (error) {
    // 404: it was deleted between our read and our write.
    if (isStatus(error, 409) || isStatus(error, 404)) return false
    throw error
  }
}

/** Whether the API server refused to create something because the namespace is being deleted. */
export function isTerminating (error: unknown): boolean {
  return error instanceof ApiException && String(error.message).includes('being terminated')
}

function configure (
  kubeConfig: KubeConfig, server: string, clock: ServerClock, share: (request: RequestContext) => void
): Configuration {
  return createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: kubeConfig },
    httpApi: timedHttp(clock),
    promiseMiddleware: [{
      pre: async context => {
        share(context)
        context.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT_MS))
        return context
      },
      post: async context => context
    }]
  })
}
