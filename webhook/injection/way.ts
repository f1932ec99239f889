import { ANNOTATIONS } from '../../common/contract.ts'
import type { InjectedConfig, InjectionStatus } from '../../common/injected.ts'
import type { ReplaceOperation } from '../operation.ts'
import type { Wishes } from './annotations.ts'
import type { InjectionContext } from './context.ts'
import { namedPortWarnings, planNamedPorts } from './named-port.ts'
import type { Pod } from './pod.ts'
import { planPorts } from './ports.ts'
import { planProbes } from './probes.ts'
import { planTls } from './tls.ts'

/** How callers come to the proxy. */
export type Way = Pick<InjectedConfig, 'ports' | 'detours' | 'renamed'> & Pick<InjectionStatus, 'unseen'> & {
  readonly operations: readonly ReplaceOperation[]
  readonly warnings: (status: InjectionStatus) => readonly string[]
}

export function byRedirect (pod: Pod, context: InjectionContext, wishes: Wishes): Way {
  const { ports: chosen, takeDetour } = planPorts(pod, wishes, context)
  const ports = planTls(chosen, wishes.tlsSecrets)
  const redirected = new Set(wishes.probes === 'detour' ? ports.map(({ port }) => port) : [])
  return { ports, ...planProbes(pod, redirected, takeDetour), warnings: status => peerWarnings(status, wishes) }
}

export function byName (pod: Pod, context: InjectionContext, wishes: Wishes): Way {
  const plan = planNamedPorts(pod, wishes, context)
  return {
    ...plan,
    ports: planTls(plan.ports, wishes.tlsSecrets),
    detours: [],
    warnings: () => namedPortWarnings(plan)
  }
}

function peerWarnings (status: InjectionStatus, { forwardedFor }: Wishes): readonly string[] {
  const always = status.ports.filter(({ redirect }) => redirect === 'always').map(({ port }) => port)
  if (always.length === 0) return []
  return [
    `waylay: the app sees 169.254.15.x as the peer on port ${shortList(always)}; ` + (forwardedFor
      ? 'X-Forwarded-For of HTTP/1 requests ends with the caller\'s address'
      : `annotate ${ANNOTATIONS.redirect}: on-demand to keep callers' addresses while no intercept exists, ` +
        `or ${ANNOTATIONS.forwardedFor}: append for X-Forwarded-For`)
  ]
}

const LISTED = 3

// The API server cuts a long warning off, and the advice stands at its end.
function shortList (ports: readonly number[]): string {
  const rest = ports.length - LISTED
  return rest <= 0 ? ports.join(', ') : `${ports.slice(0, LISTED).join(', ')} and ${rest} more`
}
