import { assertNever } from '../../common/assert-never.ts'
import { openCluster } from '../cluster/kubeconfig.ts'
import { readServerEntry } from '../cluster/server-entry.ts'
import type { CliDeps } from '../deps.ts'
import { formatAge } from '../terminal/age.ts'
import type { GrantFlags } from '../flags.ts'
import { checkOut, grantKubeconfig, OUT_HINT, writeYaml } from './grant-kubeconfig.ts'
import { checkGrantName, checkNamespaceName } from './grant-name.ts'
import { give, sweepEnded, type Given } from './give.ts'
import { writePrivateFile } from '../environment/write-file.ts'
import type { Output } from '../terminal/output.ts'

// A server that gives something else than was asked for says so to the second.
const SAME_MS = 5000

/** Gives somebody a kubeconfig with one role in one namespace, for a while. */
export async function grant (wanted: string, flags: GrantFlags, deps: CliDeps): Promise<void> {
  const name = checkGrantName(wanted)
  const { out, ttl, output: format } = flags
  if (out !== undefined) await checkOut(out)
  const { entry, warnings } = readServerEntry(flags, deps)
  const cluster = openCluster(flags, deps)
  try {
    checkNamespaceName(cluster.namespace)
    for (const ended of await sweepEnded(cluster)) deps.output.note(`Removed the grant of "${ended.name}", which had ended`)
    await give(cluster, { name, role: roleOf(flags), ttlMs: ttl }, async given => {
      const kubeconfig = grantKubeconfig(given.grant, entry, given.token)
      if (out !== undefined) await writePrivateFile(out, writeYaml(kubeconfig), OUT_HINT)
      const lifeMs = given.endsAtMs - cluster.serverNowMs()
      explain(given, lifeMs, flags, deps.output)
      for (const warning of warnings) deps.output.note(warning)
      switch (format) {
        case 'text': if (out === undefined) deps.output.result(writeYaml(kubeconfig).trimEnd()); break
        case 'json': deps.output.result(JSON.stringify(toJson(given, out, kubeconfig), null, 2)); break
        default: assertNever(format)
      }
    })
  } finally {
    cluster.close()
  }
}

/** Who makes environments has the rights of --ci as well. */
function roleOf ({ ci = false, environments = false }: GrantFlags): string {
  if (environments) return 'waylay-environments'
  return ci ? 'waylay-ci' : 'waylay-developer'
}

function explain (
  { grant, endsAtMs, isRenewed }: Given, lifeMs: number, { out, ttl }: GrantFlags, output: Output
): void {
  const { name, namespace, role } = grant
  const verb = isRenewed ? 'Renewed' : 'Granted'
  output.note(`${verb}: "${name}" has ${role} in namespace ${namespace} until ${new Date(endsAtMs).toISOString()}${out === undefined ? '' : `, in ${out}`}`)
  if (Math.abs(lifeMs - ttl) > SAME_MS) {
    output.note(`The API server made it ${formatAge(lifeMs)}, where ${formatAge(ttl)} was asked for.`)
  }
  output.note(`End it sooner:  waylay grant revoke ${name} -n ${namespace}`)
}

function toJson ({ grant, endsAtMs, isRenewed }: Given, out: string | undefined, kubeconfig: object) {
  return {
    name: grant.name,
    namespace: grant.namespace,
    role: grant.role,
    serviceAccount: grant.account,
    renewed: isRenewed,
    endsAt: new Date(endsAtMs).toISOString(),
    file: out ?? null,
    kubeconfig: out === undefined ? kubeconfig : null
  }
}
