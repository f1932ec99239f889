import { WaylayError } from '../../../common/errors.ts'
import type { AppPort, InjectionStatus } from '../../../common/injected.ts'
import { declaredPorts, injectionOf, type DeclaredPort, type Pod } from '../../cluster/pods.ts'
import type { Workload } from '../../cluster/workload.ts'
import { addPortHint } from './ports-annotation.ts'

/** One port of the app, as the injected pods have it. */
export type AppPortChoice = Omit<AppPort, 'listener' | 'redirect'>

/**
 * Chooses the container port.
 *
 * @param injected pods with the proxy in them.
 * @param wanted port number or name; undefined when the user named none.
 * @throws {WaylayError} `WAYLAY_PORT_UNKNOWN`, `WAYLAY_PORT_NOT_TCP`: what to type so that it can be had.
 */
export function choosePort (
  workload: Workload, injected: readonly Pod[], wanted: number | string | undefined
): AppPortChoice {
  const statuses = injected.map(injectionOf).filter(status => status !== undefined)
  const known = [...new Map(statuses.flatMap(({ ports }) => ports).map(port => [port.port, port])).values()]
  if (wanted === undefined) {
    if (known.length === 1 && known[0] !== undefined) return known[0]
    throw new WaylayError('WAYLAY_PORT_UNKNOWN', `${workload.id} has ${known.length === 0 ? 'no port' : 'several ports'}: ${describePorts(known)}`,
      { hint: `Name one: --port <developer port>:${known[0]?.port ?? '<app port>'}` })
  }
  const chosen = known.find(({ port, name }) => port === wanted || name === wanted)
  if (chosen !== undefined) return chosen
  throw explain(workload, injected, statuses, wanted)
}

/** `8080 (http), 9090`. */
export function describePorts (ports: readonly { readonly port: number, readonly name?: string }[]): string {
  return ports.map(({ port, name }) => name === undefined ? `${port}` : `${port} (${name})`).join(', ') || 'none'
}

/** Why a port that somebody named cannot be had, and what would change that. */
function explain (
  workload: Workload, injected: readonly Pod[], statuses: readonly InjectionStatus[], wanted: number | string
): WaylayError {
  const ports = statuses.flatMap(status => status.ports)
  const list = describePorts([...new Map(ports.map(port => [port.port, port])).values()])
  const declared = injected.flatMap(declaredPorts).filter(port => port.containerPort === wanted || port.name === wanted)
  const [tcp] = declared.filter(isTcp)
  const [other] = declared
  if (tcp !== undefined) {
    return new WaylayError('WAYLAY_PORT_UNKNOWN', `${workload.id} declares port ${wanted}, but its pods say to leave it out; they have: ${list}`,
      { hint: addPortHint(workload, statuses, tcp.containerPort) })
  }
  if (other !== undefined) return notTcp(workload, statuses, other)
  const name = `Name one of them: --port <developer port>:${ports[0]?.port ?? '<app port>'}`
  return new WaylayError('WAYLAY_PORT_UNKNOWN', `${workload.id} has no port ${wanted}; its ports: ${list}`, {
    // Most often it is mistyped, and what adds one restarts the pods of everybody.
    hint: typeof wanted === 'number'
      ? `${name}. Should the app listen on ${wanted} too: ${addPortHint(workload, statuses, wanted)}`
      : name
  })
}

function notTcp (
  workload: Workload, statuses: readonly InjectionStatus[], { containerPort, protocol = 'TCP' }: DeclaredPort
): WaylayError {
  return new WaylayError('WAYLAY_PORT_NOT_TCP', `${workload.id} declares port ${containerPort} for ${protocol}, and only TCP can be diverted`,
    { hint: `Should the app speak TCP there too: ${addPortHint(workload, statuses, containerPort)}` })
}

function isTcp ({ protocol = 'TCP' }: DeclaredPort): boolean {
  return protocol === 'TCP'
}
