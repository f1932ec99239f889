import { INJECTED_ENV, PROXY_CONTAINER_NAME } from '../../common/contract.ts'
import { parseInjectedConfig } from '../../common/injected.ts'
import type { Pod } from './pods.ts'

/**
 * Where the proxy in the pod listens for one port of the app; undefined where there is no proxy, or none for that port.
 *
 * The kernel redirects what comes from outside of the pod. A port-forward comes out on the pod's loopback, behind the
 * redirect: on the app's own port it would reach the app and never be diverted.
 */
export function appListener ({ spec }: Pod, appPort: number): number | undefined {
  const containers = [...spec?.initContainers ?? [], ...spec?.containers ?? []]
  const proxy = containers.find(({ name }) => name === PROXY_CONTAINER_NAME)
  const text = proxy?.env?.find(({ name }) => name === INJECTED_ENV.config)?.value
  if (text === undefined) return undefined
  try {
    return parseInjectedConfig(text).ports.find(({ port }) => port === appPort)?.listener
  } catch {
    return undefined
  }
}
