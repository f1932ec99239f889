import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import { theCluster } from './kube.ts'
import type { Pod } from './workload.ts'

/** The proxy process's resident memory, several times a second. */
export type MemoryWatch = {
  readonly nowMib: () => number
  /** The most since the last call of it. */
  readonly takePeakMib: () => number
}

// The image has no ps or pgrep: the proxy is the process that runs proxy.js and is not PID 1.
const SCRIPT = `cd /proc; for p in [0-9]*; do
    [ "$p" != 1 ] && tr '\\0' ' ' <"$p/cmdline" 2>/dev/null | grep -q '^node .*proxy.js' && pid=$p
  done
  while kill -0 "$pid" 2>/dev/null; do grep VmRSS "$pid/status"; sleep 0.2; done`

/** Watches from inside the sidecar's container; ended with the test. */
export async function watchProxyMemory (t: ExecutionContext, { metadata }: Pod): Promise<MemoryWatch> {
  const { kubectl, kubeconfigPath } = await theCluster()
  const child = spawn(kubectl, ['--kubeconfig', kubeconfigPath, '-n', metadata.namespace, 'exec', metadata.name,
    '-c', 'waylay-proxy', '--', 'bash', '-c', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  let now = 0
  let peak = 0
  const first = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', line => {
    now = Number(/VmRSS:\s+(\d+) kB/.exec(line)?.[1]) / 1024
    peak = Math.max(peak, now)
    first.resolve()
  })
  child.on('close', code => first.reject(new Error(`No memory of the proxy to be seen: ${code}`)))
  await first.promise
  return {
    nowMib: () => Math.round(now),
    takePeakMib: () => {
      const most = Math.round(peak)
      peak = now
      return most
    }
  }
}
