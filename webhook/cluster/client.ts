import {
  AdmissionregistrationV1Api, ApiException, AuthorizationV1Api, CoreV1Api, createConfiguration, KubeConfig,
  ServerConfiguration, type Configuration
} from '@kubernetes/client-node'
import { WaylayError } from '../../common/errors.ts'

/** The three corners of the API the webhook uses. */
export type Cluster = {
  readonly core: CoreV1Api
  readonly authorization: AuthorizationV1Api
  readonly admission: AdmissionregistrationV1Api
}

/** Every request ends after this: our own callers wait 2 s for an answer about a pod. */
const REQUEST_TIMEOUT_MS = 1500

/** Connects with the pod's service account, or with a kubeconfig where one is named. */
export function connectCluster (): Cluster {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromDefault()
  const server = kubeConfig.getCurrentCluster()?.server
  if (server === undefined) throw new WaylayError('WAYLAY_NO_CLUSTER', 'There is no service account and no kubeconfig')
  const configuration = configure(kubeConfig, server)
  return {
    core: new CoreV1Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    admission: new AdmissionregistrationV1Api(configuration)
  }
}

/** Whether the API server answered with this HTTP status. */
export function isStatus (error: unknown, status: number): boolean {
  return error instanceof ApiException && error.code === status
}

function configure (kubeConfig: KubeConfig, server: string): Configuration {
  return createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: kubeConfig },
    promiseMiddleware: [{
      pre: async context => {
        context.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT_MS))
        return context
      },
      post: async context => context
    }]
  })
}
