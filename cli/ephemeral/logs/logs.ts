import { ENVIRONMENT_LABELS } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { openCluster } from '../../cluster/kubeconfig.ts'
import { listPodsBy } from '../../cluster/pods.ts'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentLogsFlags } from '../../flags.ts'
import { toRange } from '../../logs/log-options.ts'
import { createLinePrinter } from '../../logs/print-line.ts'
import { isNamed, parseWorkloadName } from '../../workload-name.ts'
import { findEnvironment } from '../find-environment.ts'
import { containersOf, printContainer } from './container-logs.ts'
import { ContainerFollower } from './follow-containers.ts'

/** Prints what the containers of an environment have said, and with --follow what they go on to say. */
export async function environmentLogs (name: string, flags: EnvironmentLogsFlags, deps: CliDeps): Promise<void> {
  const { output, onStopSignal } = deps
  const cluster = openCluster(flags, deps)
  const stopping = new AbortController()
  const offSignals = onStopSignal(() => { stopping.abort() })
  try {
    const environment = await findEnvironment(cluster, name)
    const { namespace } = environment.metadata
    const query = `labelSelector=${encodeURIComponent(selectorOf(environment, flags))}`
    const list = await listPodsBy(cluster, namespace, query)
    const print = createLinePrinter(output, flags.output)
    const printing = { cluster, range: toRange(flags), print, note: output.note }
    if (flags.follow === true) {
      const follower = new ContainerFollower({ ...printing, namespace, query, stopped: stopping.signal })
      return await follower.run(list)
    }
    if (list.items.length === 0) throw new WaylayError('WAYLAY_NO_PODS', `Environment ${namespace}/${name} has no pods now`)
    for (const pod of list.items) {
      for (const container of containersOf(pod)) await printContainer(pod, container, printing)
    }
  } finally {
    stopping.abort()
    offSignals()
    cluster.close()
  }
}

function selectorOf (environment: Environment, { workload, companion = false }: EnvironmentLogsFlags): string {
  const { metadata: { name, namespace }, spec: { workloads } } = environment
  const its = `${ENVIRONMENT_LABELS.environment}=${name},${ENVIRONMENT_LABELS.part}=${companion ? 'companion' : 'copy'}`
  if (workload === undefined) return its
  if (companion) {
    throw new WaylayError('WAYLAY_USAGE', '--workload is of a copy, and --companion of the pod that holds the intercepts of all',
      { hint: 'Leave one of the two out.' })
  }
  const wanted = parseWorkloadName(workload)
  const found = workloads.filter(item => isNamed(item.workload, wanted))
  if (found.length > 0) return `${its},${ENVIRONMENT_LABELS.copy} in (${found.map(({ copy }) => copy).join(',')})`
  throw new WaylayError('WAYLAY_WORKLOAD_UNKNOWN', `The environment ${namespace}/${name} has no copy of "${workload}"`,
    { hint: `It has copies of ${workloads.map(item => item.workload).join(', ')}` })
}
