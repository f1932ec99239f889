import {
  createConfiguration, KubeConfig, Observable, ServerConfiguration, type Configuration
} from '@kubernetes/client-node'
import { WaylayError } from '../../common/errors.ts'
import { machineClock, type ServerClock } from '../../intercepts/server-clock.ts'

/** The cluster, as the gateway's own service account sees it. */
export type Cluster = {
  readonly kubeConfig: KubeConfig
  readonly configuration: Configuration
  /** The API server's clock, ms since the epoch, fed by every answer. */
  readonly serverNowMs: () => number
}

const REQUEST_TIMEOUT_MS = 5000

/** Connects with the pod's service account, or with a kubeconfig where one is named. */
export function connectCluster (): Cluster {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromDefault()
  const server = kubeConfig.getCurrentCluster()?.server
  if (server === undefined) throw new WaylayError('WAYLAY_NO_CLUSTER', 'There is no service account and no kubeconfig')
  const clock = machineClock()
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(server, {}),
    authMethods: { default: kubeConfig },
    httpApi: timedHttp(clock),
    promiseMiddleware: [{
      pre: async context => {
        context.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT_MS))
        return context
      },
      post: async context => context
    }]
  })
  return { kubeConfig, configuration, serverNowMs: () => clock.nowMs() }
}

function timedHttp (clock: ServerClock): Configuration['httpApi'] {
  const { httpApi } = createConfiguration()
  return {
    send: request => {
      const sentMs = performance.now()
      return new Observable(httpApi.send(request).toPromise().then(answer => {
        clock.learn(answer.headers['date'], sentMs)
        return answer
      }))
    }
  }
}
