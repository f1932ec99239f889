import { ANNOTATIONS } from '../../../common/contract.ts'
import { injectionOf, type Pod } from '../../cluster/pods.ts'

/** Whether callers come to the proxies of these pods by the name of a port alone. */
export function isByName (pods: readonly Pod[]): boolean {
  return pods.some(pod => injectionOf(pod)?.mode === 'named-port')
}

/** App ports that are known to be called by number, past the proxies. */
export function unseenPorts (pods: readonly Pod[]): readonly number[] {
  return [...new Set(pods.flatMap(pod => injectionOf(pod)?.unseen ?? []))].sort((a, b) => a - b)
}

/** What must be known of a workload whose pods are in the mode `named-port`. @param unseen see `unseenPorts`. */
export function describeNamedPort (workload: string, unseen: readonly number[]): string {
  const numbers = unseen.length === 0 ? '' : ` (${unseen.join(', ')})`
  return `${workload} is in the mode named-port: only Services whose targetPort is a port's name lead requests to waylay, ` +
    `what calls a number${numbers} goes to the app; and while a pod's proxy is down, so is its named port.`
}

/** What to say where a Service would have to lead to the proxy, and none does. */
export const NO_NAMED_SERVICE = 'Not checked: no Service with an address of its own leads to the proxy: in the mode ' +
  `named-port (${ANNOTATIONS.mode}) its targetPort must be the name of the port. Requests of yours go to the app.`
