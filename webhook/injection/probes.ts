import type { Detour } from '../../common/injected.ts'
import type { ReplaceOperation } from '../operation.ts'
import { runningContainers, type Container, type Handler, type Pod } from './pod.ts'

/** Probes and hooks moved to ports that the kernel leads straight to the app: see docs/redirect.md. */
export type ProbePlan = {
  readonly detours: readonly Detour[]
  readonly operations: readonly ReplaceOperation[]
}

/**
 * Moves every network probe and lifecycle hook on a redirected port to that port's detour: one for each app port, made
 * only where something probes it.
 */
export function planProbes (pod: Pod, redirected: ReadonlySet<number>, takeDetour: () => number): ProbePlan {
  const detours = new Map<number, number>()
  const operations: ReplaceOperation[] = []
  for (const { path, port } of probes(pod)) {
    if (!redirected.has(port)) continue
    const detour = detours.get(port) ?? takeDetour()
    detours.set(port, detour)
    operations.push({ op: 'replace', path, value: detour })
  }
  return { detours: [...detours].map(([to, port]) => ({ port, to })), operations }
}

/** Writes numbers where probes and hooks name one of these ports: the app will not call them so any more. */
export function pinProbes (pod: Pod, names: ReadonlySet<string>): readonly ReplaceOperation[] {
  return probes(pod).flatMap(({ path, port, written }) =>
    typeof written === 'string' && names.has(written) ? [{ op: 'replace', path, value: port } as const] : [])
}

/** Undoes `planProbes`: every probe and hook on a detour goes to the port of the app again. */
export function returnProbes (pod: Pod, appPorts: ReadonlyMap<number, number>): readonly ReplaceOperation[] {
  return probes(pod).flatMap(({ path, port }) => {
    const appPort = appPorts.get(port)
    return appPort === undefined ? [] : [{ op: 'replace', path, value: appPort } as const]
  })
}

/** The numbers of all probed ports. */
export function probedPorts (pod: Pod): readonly number[] {
  return probes(pod).map(({ port }) => port)
}

type Probe = {
  /** JSON pointer to the port's field. */
  readonly path: string
  readonly port: number
  /** As the pod says it. */
  readonly written: number | string
}

function probes (pod: Pod): readonly Probe[] {
  return runningContainers(pod).flatMap(({ path, container }) => [
    ...readHandler(`${path}/livenessProbe`, container.livenessProbe, container),
    ...readHandler(`${path}/readinessProbe`, container.readinessProbe, container),
    ...readHandler(`${path}/startupProbe`, container.startupProbe, container),
    ...readHandler(`${path}/lifecycle/postStart`, container.lifecycle?.postStart, container),
    ...readHandler(`${path}/lifecycle/preStop`, container.lifecycle?.preStop, container)
  ])
}

function readHandler (path: string, handler: Handler | undefined, container: Container): Probe[] {
  const found = (['httpGet', 'tcpSocket', 'grpc'] as const).flatMap(kind => {
    const action: { readonly port: number | string, readonly host?: string } | undefined = handler?.[kind]
    // A probe with a host of its own may not go to this pod at all.
    if (action === undefined || (action.host ?? '') !== '') return []
    const port = resolvePort(action.port, container)
    return port === undefined ? [] : [{ path: `${path}/${kind}/port`, port, written: action.port }]
  })
  return found
}

/** As the kubelet does it: names count within their container, and text that names none may still be a number. */
function resolvePort (port: number | string, container: Container): number | undefined {
  if (typeof port === 'number') return port
  const named = container.ports?.find(({ name }) => name === port)?.containerPort
  return named ?? (/^\d{1,5}$/.test(port) ? Number(port) : undefined)
}
