import { ANNOTATIONS } from '../../common/contract.ts'
import type { AppPort, Renamed } from '../../common/injected.ts'
import type { ReplaceOperation } from '../operation.ts'
import type { Wishes } from './annotations.ts'
import type { InjectionContext } from './context.ts'
import { maySpeakHttp } from './http-port.ts'
import { allContainers, runningContainers, type ContainerPort, type PlacedContainer, type Pod } from './pod.ts'
import { planPorts } from './ports.ts'
import { pinProbes } from './probes.ts'
import { SkipSignal } from './skip.ts'

/** Ports that the proxy takes over by their names, so that Services with a named targetPort lead to it. */
export type NamedPortPlan = {
  readonly ports: readonly AppPort[]
  readonly renamed: readonly Renamed[]
  /** App ports that callers reach by number, past the proxy. */
  readonly unseen: readonly number[]
  readonly operations: readonly ReplaceOperation[]
}

/** Since then a Service finds the named ports of native sidecars. */
const SINCE = { major: 1, minor: 32 } as const

// IANA service names, as containerPort names are.
const LONGEST_NAME = 15

export function wantsNamedPort (pod: Pod, namespaceAnnotations: Readonly<Record<string, string>>): boolean {
  return (pod.metadata?.annotations?.[ANNOTATIONS.mode] ?? namespaceAnnotations[ANNOTATIONS.mode]) === 'named-port'
}

/**
 * Takes the names of the app's TCP ports: the app's own get other names, and its probes and hooks get numbers, so that
 * they go to the app past the proxy and fail only when the app does.
 *
 * @throws {SkipSignal} `named-port` where this cannot be had.
 */
export function planNamedPorts (
  pod: Pod, wishes: Wishes, { cluster, servicePorts }: InjectionContext
): NamedPortPlan {
  refuseOldCluster(cluster)
  const declared = declaredPorts(pod)
  const taken = chooseNames(declared, wishes)
  const chosen = [...taken.keys()].map(port => ({ port }))
  const planned = planPorts(pod, { ...wishes, ports: chosen }, { servicePorts: [] }).ports
  const ports = planned.map(({ port, listener }): AppPort =>
    ({ port, name: taken.get(port) ?? '', listener, redirect: 'always' }))
  const names = new Set(taken.values())
  const { renamed, operations } = rename(pod, declared, names)
  const unnamed = declared.filter(({ port: { name } }) => name === undefined || !names.has(name))
  return {
    ports,
    renamed,
    unseen: [...new Set([...unnamed.map(({ port }) => port.containerPort), ...servicePorts])].sort((a, b) => a - b),
    operations: [...operations, ...pinProbes(pod, names)]
  }
}

function refuseOldCluster ({ kubernetes }: InjectionContext['cluster']): void {
  const { major, minor } = SINCE
  if (kubernetes === undefined) throw cannot(`it needs Kubernetes ${major}.${minor}, and the version of this cluster is not known`)
  if (kubernetes.major > major || (kubernetes.major === major && kubernetes.minor >= minor)) return
  throw cannot(`it needs Kubernetes ${major}.${minor}, and this is ${kubernetes.major}.${kubernetes.minor}`)
}

type Declared = { readonly path: string, readonly port: ContainerPort }

/** TCP ports of the containers that run, in the order in which the API server looks for a name. */
function declaredPorts (pod: Pod): readonly Declared[] {
  return runningContainers(pod).flatMap(({ path, container }: PlacedContainer) =>
    (container.ports ?? []).map((port, index) => ({ path: `${path}/ports/${index}`, port })))
    .filter(({ port }) => (port.protocol ?? 'TCP') === 'TCP')
}

/** One name for each number. A name that stands twice leads to the first, as it does for Services. */
function chooseNames (declared: readonly Declared[], { ports: wished, redirect }: Wishes): ReadonlyMap<number, string> {
  const all = new Map<string, number>()
  for (const { port: { name, containerPort } } of declared) {
    if (name !== undefined && !all.has(name)) all.set(name, containerPort)
  }
  if (redirect === 'on-demand' || wished?.some(port => port.redirect === 'on-demand') === true) {
    throw cannot('it cannot be on-demand: without a redirect, connections always come to the proxy')
  }
  const numbers = wished?.map(({ port }) => port)
  const taken = new Map<number, string>()
  for (const [name, port] of all) {
    const isWanted = numbers?.includes(port) ?? maySpeakHttp(port, name)
    if (isWanted && !taken.has(port)) taken.set(port, name)
  }
  const nameless = numbers?.find(port => !taken.has(port))
  if (nameless !== undefined) throw cannot(`port ${nameless} has no name in containerPorts, and only a name can be taken over`)
  if (taken.size === 0) throw cannot('no container has a named TCP port that may speak HTTP; name it in containerPorts, and in the Service\'s targetPort')
  return taken
}

function rename (
  pod: Pod, declared: readonly Declared[], names: ReadonlySet<string>
): { readonly renamed: readonly Renamed[], readonly operations: readonly ReplaceOperation[] } {
  const used = new Set(allContainers(pod).flatMap(({ ports = [] }) => ports.map(({ name }) => name)))
  const renamed: Renamed[] = []
  const operations = declared.flatMap(({ path, port: { name, containerPort } }): readonly ReplaceOperation[] => {
    if (name === undefined || !names.has(name)) return []
    const to = freeName(containerPort, used)
    used.add(to)
    renamed.push({ from: name, to })
    return [{ op: 'replace', path: `${path}/name`, value: to }]
  })
  return { renamed, operations }
}

/** `app-8080`, or with a number behind it where that is used. */
function freeName (port: number, used: ReadonlySet<string | undefined>): string {
  for (let count = 1; ; count++) {
    const name = `app-${port}${count === 1 ? '' : `-${count}`}`
    if (name.length > LONGEST_NAME) throw cannot(`there is no free name for port ${port}`)
    if (!used.has(name)) return name
  }
}

/** Calls the app's ports as before. */
export function returnNames (pod: Pod, renamed: readonly Renamed[] = []): readonly ReplaceOperation[] {
  const before = new Map(renamed.map(({ from, to }) => [to, from]))
  return declaredPorts(pod).flatMap(({ path, port: { name = '' } }): readonly ReplaceOperation[] => {
    const value = before.get(name)
    return value === undefined ? [] : [{ op: 'replace', path: `${path}/name`, value }]
  })
}

/** What people must know of the mode. */
export function namedPortWarnings ({ ports, unseen }: Pick<NamedPortPlan, 'ports' | 'unseen'>): readonly string[] {
  const names = ports.map(({ port, name }) => `${name} (${port})`).join(', ')
  return [
    `waylay: ${ANNOTATIONS.mode}: named-port: Services whose targetPort is a name lead ${names} to the proxy, and while ` +
    'the proxy is down so are they; the app sees the pod\'s own address as the peer',
    `waylay: what calls a port by number goes past the proxy${unseen.length === 0 ? '' : `: ${unseen.join(', ')}`}`
  ]
}

function cannot (why: string): SkipSignal {
  return new SkipSignal({ kind: 'named-port', why })
}
