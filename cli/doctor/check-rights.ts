import { mayI } from '../cluster/access-review.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import { fail, ok, skipped, warn, type CheckResult } from './check.ts'
import { nameOf, PORT_FORWARD, RIGHTS, rightsOf, type RightsOn } from './rights.ts'

/** Asks for every right by itself; told are the resources, one line each. */
export async function checkRights (
  cluster: Cluster, namespace: string, kubernetes: string
): Promise<readonly CheckResult[]> {
  const all = await Promise.all([...RIGHTS, PORT_FORWARD].map(async on => ({
    on, allowed: await Promise.all(rightsOf(on).map(async right => await mayI(cluster, namespace, right)))
  })))
  return all.map(({ on, allowed }) => {
    const missing = on.verbs.filter((_verb, index) => allowed[index] !== true)
    return on === PORT_FORWARD ? toPortForward(on, missing, kubernetes) : toResult(on, missing)
  })
}

function toResult (on: RightsOn, missing: readonly string[]): CheckResult {
  const name = `right-${nameOf(on)}${on.optional !== undefined && /^(global|takeover)$/.test(on.verbs.join()) ? `-${on.verbs.join()}` : ''}`
  if (missing.length === 0) return ok(name, `You may ${on.verbs.join(', ')} ${nameOf(on)}`)
  const text = `You may not ${missing.join(', ')} ${nameOf(on)}`
  if (on.optional !== undefined) return skipped(name, `${text}: needed for ${on.optional} only`)
  return fail(name, 'WAYLAY_FORBIDDEN', text, askFor(missing, on))
}

function toPortForward (on: RightsOn, missing: readonly string[], kubernetes: string): CheckResult {
  const name = `right-${nameOf(on)}`
  if (missing.length === 0) return ok(name, `You may ${on.verbs.join(', ')} ${nameOf(on)}`)
  const minor = Number(/^v1\.(\d+)/.exec(kubernetes)?.[1] ?? 0)
  const needed = minor >= 35 ? 'create' : 'get'
  if (missing.includes(needed)) return fail(name, 'WAYLAY_FORBIDDEN', `You may not ${needed} ${nameOf(on)}`, askFor(missing, on))
  return warn(name, `You may not ${missing.join()} ${nameOf(on)}; Kubernetes ${kubernetes} asks for ${needed}, others for the other one`, askFor(missing, on))
}

function askFor (missing: readonly string[], on: RightsOn): string {
  return `Ask for the ClusterRole waylay-developer or a credential with it (waylay grant), or for the verb ${missing.join(', ')} on ${nameOf(on)}: docs/rights.md`
}
