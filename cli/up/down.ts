import { ROUTING_HEADER } from '../../common/contract.ts'
import { describeMatch } from '../../intercepts/describe-match.ts'
import { canonicalMatch, parseMatch, type Match } from '../../intercepts/match.ts'
import type { Intercept } from '../../intercepts/object.ts'
import { isDeepStrictEqual } from 'node:util'
import { chooseMatch } from '../choose-match.ts'
import { deleteIntercept, listIntercepts, whoAmI } from '../cluster/intercepts.ts'
import { openCluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import type { DownFlags } from '../flags.ts'
import type { FileIntercept } from '../project-file/project-file.ts'
import { chooseIntercepts, readProjectFile } from '../project-file/read-project-file.ts'
import { withFile } from './up.ts'
import { isNamed } from '../workload-name.ts'

/** Deletes the user's Intercepts that the file describes, whichever machine made them. */
export async function down (names: readonly string[], flags: DownFlags, deps: CliDeps): Promise<void> {
  const file = await readProjectFile(flags.file, process.cwd(), deps.env)
  const chosen = chooseIntercepts(file, names)
  const cluster = openCluster(withFile(flags, file), deps)
  try {
    const owner = await whoAmI(cluster)
    let count = 0
    for (const wanted of chosen) {
      const namespace = flags.namespace ?? wanted.namespace ?? cluster.namespace
      const isWanted = await createFilter(wanted, deps)
      const all = await listIntercepts(cluster, namespace)
      for (const { metadata, spec } of all.filter(item => item.spec.owner === owner && isWanted(item))) {
        if (!await deleteIntercept(cluster, namespace, metadata.name, metadata.uid)) continue
        count++
        deps.output.result(`Ended ${wanted.name}: ${spec.workload} port ${spec.port}, ${describeMatch(parseMatch(spec.match))}`)
      }
    }
    if (count === 0) deps.output.note('None of these intercepts is there.')
  } finally {
    cluster.close()
  }
}

/**
 * Recognises what the file describes: workload and match. The workloads behind a Service are not known here, and the
 * user's own value of x-waylay-id is another one on each machine, so neither is compared.
 */
async function createFilter (
  { workload, match: flags }: FileIntercept, deps: CliDeps
): Promise<(intercept: Intercept) => boolean> {
  const isOwnValue = flags.id === undefined && flags.httpHeader === undefined && flags.global !== true
  const wanted = toComparable(await chooseMatch(flags, deps), isOwnValue)
  return ({ spec }) => {
    if (workload.kind !== 'service' && !isNamed(spec.workload, workload)) return false
    try {
      return isDeepStrictEqual(toComparable(parseMatch(spec.match), isOwnValue), wanted)
    } catch {
      return false
    }
  }
}

function toComparable (match: Match, isAnyValue: boolean): unknown {
  const { headers, ...others } = canonicalMatch(match)
  return {
    ...others,
    headers: headers.map(({ type, name, value }) => ({ type, name, value: isAnyValue && name === ROUTING_HEADER ? '' : value }))
  }
}
