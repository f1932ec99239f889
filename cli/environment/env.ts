import { findWorkload } from '../cluster/find-workloads.ts'
import { openCluster } from '../cluster/kubeconfig.ts'
import { listPods, workloadIdOf } from '../cluster/pods.ts'
import type { CliDeps } from '../deps.ts'
import { choosePod } from './choose-pod.ts'
import { excludes } from './exclude.ts'
import { formatLines, type LineFormat } from './formats.ts'
import { isHidden } from './hidden.ts'
import { resolvePodEnv, type PodEnv } from './pod-env.ts'
import type { Origin } from './pod-variable.ts'
import type { EnvFlags } from '../flags.ts'
import { parseWorkloadName } from '../workload-name.ts'

/** Prints the environment of a workload's newest pod. */
export async function printEnv (name: string, flags: EnvFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const wanted = parseWorkloadName(name)
  const cluster = openCluster(flags, deps)
  try {
    const workload = await findWorkload(cluster, cluster.namespace, wanted)
    const { items } = await listPods(cluster, workload)
    // Without a query the list is the whole namespace.
    const pods = workload.podQuery === '' ? items.filter(pod => workloadIdOf(pod) === workload.id) : items
    const env = await resolvePodEnv(cluster, choosePod(pods, workload.id), {
      container: flags.container, isExcluded: excludes(flags.envExclude)
    })
    const showsSecrets = flags.showSecrets === true
    const format = flags.output === 'json' ? 'json' : flags.format ?? 'compose'
    output.note(`Environment of container ${env.container} in pod ${env.namespace}/${env.pod}, but for what its image sets.`)
    for (const { text } of env.warnings) output.note(`Warning: ${text}`)
    if (format === 'json') output.result(JSON.stringify({ workload: workload.id, ...toJson(env, showsSecrets) }, null, 2))
    else printLines(env, format, showsSecrets, output.result)
    const hidden = env.variables.filter(isHidden).length
    if (hidden > 0 && !showsSecrets) {
      output.note(`${hidden} ${hidden === 1 ? 'value is' : 'values are'} hidden: --show-secrets prints ${hidden === 1 ? 'it' : 'them'}.`)
    }
  } finally {
    cluster.close()
  }
}

/** A hidden value is a comment: nobody must run a program with a mask for a password. */
function printLines (env: PodEnv, format: LineFormat, showsSecrets: boolean, print: (line: string) => void): void {
  const shown = showsSecrets ? env.variables : env.variables.filter(variable => !isHidden(variable))
  for (const line of formatLines(shown, format)) print(line)
  if (showsSecrets) return
  for (const { name, origin } of env.variables.filter(isHidden)) print(`# ${name} is hidden (${describeOrigin(origin)})`)
}

function toJson ({ namespace, pod, container, variables, warnings }: PodEnv, showsSecrets: boolean) {
  return {
    namespace,
    pod,
    container,
    variables: variables.map(variable => {
      const { name, value, isSecret, origin } = variable
      const source = { kind: origin.kind, ...'key' in origin ? { name: origin.name, key: origin.key } : { name: null, key: null } }
      const hidden = !showsSecrets && isHidden(variable)
      return { name, value: hidden ? null : value, hidden, secret: isSecret, source }
    }),
    warnings: warnings.map(({ text }) => text)
  }
}

function describeOrigin (origin: Origin): string {
  if (!('key' in origin)) return 'it looks like a secret, or holds the value of one'
  return `${origin.kind === 'secret' ? 'Secret' : 'ConfigMap'} "${origin.name}", key "${origin.key}"`
}
