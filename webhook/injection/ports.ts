import { MAX_APP_PORTS, PORTS } from '../../common/contract.ts'
import type { AppPort, RedirectMode } from '../../common/injected.ts'
import type { PortWish, Wishes } from './annotations.ts'
import type { InjectionContext } from './context.ts'
import { maySpeakHttp } from './http-port.ts'
import { allContainers, runningContainers, type ContainerPort, type Pod } from './pod.ts'
import { probedPorts } from './probes.ts'
import { SkipSignal } from './skip.ts'

/** The ports the proxy stands in front of, and which numbers of the pod are free for more. */
export type PortPlan = {
  readonly ports: readonly AppPort[]
  /** Hands out the next free number for a probe's detour. */
  readonly takeDetour: () => number
}

type ServiceFacts = Pick<InjectionContext, 'servicePorts' | 'serviceProtocols'>

/**
 * Chooses the redirected ports: those the annotation names, or else every TCP port the long-running containers declare
 * and the given ports of Services.
 *
 * @throws {SkipSignal} when there is none, too many, or one of the sidecar's own numbers is in use.
 */
export function planPorts (
  pod: Pod, wishes: Wishes, { servicePorts, serviceProtocols = {} }: ServiceFacts
): PortPlan {
  const declared = declaredTcpPorts(pod)
  const chosen: readonly PortWish[] = wishes.ports ?? [...declared.keys(), ...servicePorts].map(port => ({ port }))
  const byNumber = new Map(chosen.map(wish => [wish.port, wish]))
  if (byNumber.size === 0) throw new SkipSignal({ kind: 'no-tcp-port' })
  if (byNumber.size > MAX_APP_PORTS) throw new SkipSignal({ kind: 'too-many-ports', count: byNumber.size })
  const taken = takenNumbers(pod, [...byNumber.keys()])
  const takeListener = counter(PORTS.firstListener, PORTS.firstListener + PORTS.disarmOffset, number =>
    taken.has(number) || taken.has(number + PORTS.disarmOffset))
  const ports = [...byNumber.values()].map(wish => {
    const name = declared.get(wish.port)?.name
    // A port may be called "constructor".
    const spoken = (key: string): string | undefined =>
      Object.hasOwn(serviceProtocols, key) ? serviceProtocols[key] : undefined
    const maySpeak = maySpeakHttp(wish.port, name, spoken(String(wish.port)), spoken(name ?? ''))
    const guess: RedirectMode = maySpeak ? 'always' : 'on-demand'
    return {
      port: wish.port,
      ...(name !== undefined && { name }),
      listener: takeListener(),
      redirect: wish.redirect ?? wishes.redirect ?? guess
    }
  })
  return { ports, takeDetour: counter(PORTS.firstDetour, PORTS.tunnel, number => taken.has(number)) }
}

/** By number: two containers cannot both listen on one, and the first name is as good as the second. */
function declaredTcpPorts (pod: Pod): Map<number, ContainerPort> {
  const ports = new Map<number, ContainerPort>()
  for (const { container } of runningContainers(pod)) {
    for (const port of container.ports ?? []) {
      if ((port.protocol ?? 'TCP') === 'TCP' && !ports.has(port.containerPort)) ports.set(port.containerPort, port)
    }
  }
  return ports
}

/** Every number the pod speaks of, of any protocol: our datagrams should not reach an app's UDP port either. */
function takenNumbers (pod: Pod, chosen: readonly number[]): Set<number> {
  const declared = allContainers(pod).flatMap(container => (container.ports ?? []).map(port => port.containerPort))
  const taken = new Set([...declared, ...probedPorts(pod), ...chosen])
  const clash = [PORTS.tunnel, PORTS.health].find(port => taken.has(port))
  if (clash !== undefined) throw new SkipSignal({ kind: 'port-taken', port: clash })
  return taken
}

function counter (first: number, end: number, isTaken: (number: number) => boolean): () => number {
  let next = first
  return () => {
    while (isTaken(next)) next += 1
    // The pod declares whatever there is.
    if (next >= end) throw new SkipSignal({ kind: 'port-taken', port: first })
    const number = next
    next += 1
    return number
  }
}
