import { openCluster } from '../cluster/kubeconfig.ts'
import { listPods } from '../cluster/pods.ts'
import { findWorkload } from '../cluster/find-workloads.ts'
import type { CliDeps } from '../deps.ts'
import type { LogsFlags } from '../flags.ts'
import { requireInjected } from '../intercept/places/plan.ts'
import { PodFollower } from './follow-pods.ts'
import { toRange } from './log-options.ts'
import { createLinePrinter } from './print-line.ts'
import { printPod } from './print-pod.ts'
import { parseWorkloadName } from '../workload-name.ts'

/** Prints what the containers of the workload's pods have said, and with --follow what they go on to say. */
export async function logs (workloadText: string, flags: LogsFlags, cliDeps: CliDeps): Promise<void> {
  const { output, onStopSignal } = cliDeps
  const wanted = parseWorkloadName(workloadText)
  const cluster = openCluster(flags, cliDeps)
  const stopping = new AbortController()
  const offSignals = onStopSignal(() => { stopping.abort() })
  try {
    const workload = await findWorkload(cluster, cluster.namespace, wanted)
    const list = await listPods(cluster, workload)
    const { injected } = requireInjected(workload, list.items)
    const deps = { cluster, range: toRange(flags), print: createLinePrinter(output, flags.output), note: output.note }
    if (flags.follow === true) await new PodFollower(workload, deps, stopping.signal).run(list)
    else for (const pod of injected) await printPod(pod, deps)
  } finally {
    stopping.abort()
    offSignals()
    cluster.close()
  }
}
