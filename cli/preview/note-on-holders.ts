import type { RoutingHeader } from '../../browse/routing-fields.ts'
import { leaseOf } from '../../intercepts/lease.ts'
import type { Intercept } from '../../intercepts/object.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { findVisible } from '../cluster/visible-intercepts.ts'

/**
 * Says that nobody intercepts with these headers, as far as can be seen: a preview without one shows the app to
 * everybody's surprise. Never rejects: who may not list intercepts is told nothing.
 */
export async function noteOnHolders (
  cluster: Cluster, headers: readonly RoutingHeader[], note: (line: string) => void
): Promise<void> {
  try {
    const { intercepts } = await findVisible(cluster, undefined)
    const now = cluster.serverNowMs()
    if (intercepts.some(intercept => leaseOf(intercept, now) === 'live' && fits(intercept, headers))) return
    note('Nobody intercepts with this value yet: until somebody does, the app answers. Start one: waylay intercept <workload> --port <port>')
  } catch {
    // It is a hint, and the preview works without.
  }
}

/** Whether the preview sends what the intercept asks of headers exactly; path and method may still differ. */
function fits ({ spec: { match } }: Intercept, headers: readonly RoutingHeader[]): boolean {
  const exact = match.headers.filter(({ type }) => type === 'Exact')
  return exact.length > 0 && exact.every(({ name, value }) =>
    headers.some(header => header.name === name && header.value === value))
}
