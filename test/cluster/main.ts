import { clusterDown, clusterPrepare, clusterStatus, clusterUp } from './cluster.ts'
import { leftBehind, takeInventory } from './leaves-nothing.ts'

const startMs = Date.now()
const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort(new Error('Interrupted')))
process.once('SIGTERM', () => interrupted.abort(new Error('Terminated')))

try {
  await main(process.argv[2])
} catch (error) {
  console.error(interrupted.signal.aborted ? `waylay: stopped: ${explain(interrupted.signal.reason)}` : `waylay: ${explain(error)}`)
  process.exitCode = 1
}

async function main (verb: string | undefined): Promise<void> {
  const options = { progress, signal: interrupted.signal }
  switch (verb) {
    case 'up': {
      const cluster = await clusterUp(options)
      progress(`${cluster.kind} cluster, Kubernetes ${cluster.kubernetesVersion}, is up`)
      console.log(`export KUBECONFIG=${cluster.kubeconfigPath}\nalias kubectl=${cluster.kubectl}`)
      return
    }
    case 'down':
      return await clusterDown(options)
    case 'status':
      return await printStatus()
    case 'check':
      return await checkDown()
    case undefined:
    default:
      throw new Error(`Unknown command ${verb ?? '(none)'}: say up, down, status or check`)
  }
}

/** Up and down once, and then nothing may be there that was not there before. The cluster that is up now goes. */
async function checkDown (): Promise<void> {
  const options = { progress, signal: interrupted.signal }
  await clusterDown(options)
  await clusterPrepare(options)
  const before = await takeInventory()
  await clusterUp(options)
  progress(`up; it made ${leftBehind(before, await takeInventory()).length} things`)
  await clusterDown(options)
  const left = leftBehind(before, await takeInventory())
  if (left.length > 0) throw new Error(`down left these behind:\n${left.join('\n')}`)
  progress('down; nothing is left behind')
}

async function printStatus (): Promise<void> {
  const status = await clusterStatus()
  console.log(`${status.kind} cluster: ${status.state} (${status.detail})`)
  if (status.cluster) console.log(`export KUBECONFIG=${status.cluster.kubeconfigPath}\nalias kubectl=${status.cluster.kubectl}`)
  if (status.state !== 'up') process.exitCode = 3
}

function progress (line: string): void {
  console.error(`waylay: [${((Date.now() - startMs) / 1000).toFixed(1).padStart(5)} s] ${line}`)
}

function explain (error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}\n  because: ${explain(error.cause)}`
}
