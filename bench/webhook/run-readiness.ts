import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { environmentOf } from '../../demo/kubectl.ts'
import type { Cleanup } from '../cleanup.ts'
import { FIXTURES_IMAGE } from '../../test/helpers/workload.ts'
import { rotate } from '../run-row.ts'
import type { RowSamples, Sample } from '../sample.ts'
import type { Lab } from '../tunnel/lab.ts'
import type { WebhookRow } from './rows.ts'
import type { WebhookDeps } from './deps.ts'

type Times = { addedMs: number, readyMs?: number }

const READY_TIMEOUT_MS = 60_000

/** Makes one pod after the other, in each round one of each kind, and reads from a watch when it was ready. */
export async function runReadiness (
  row: WebhookRow, lab: Lab, { pods, signal, progress }: WebhookDeps, cleanup: Cleanup
): Promise<RowSamples> {
  const samples = new Map<string, Sample[]>(row.sides.map(side => [side, []]))
  const watch = watchPods(lab, cleanup)
  // The first pod of all waits for what later ones find ready.
  for (let round = -1; round < pods; round++) {
    for (const side of rotate(row.sides, Math.max(round, 0))) {
      signal.throwIfAborted()
      const name = `${side}-${round + 1}`
      await lab.kubectl(['create', '-f', '-'], podOf(side, name))
      const wholeMs = await watch(name)
      await lab.kubectl(['delete', 'pod', name, '--wait=true', '--timeout=60s'])
      if (round >= 0) samples.get(side)?.push({ wholeMs })
      progress(`${row.name} ${round + 1}/${pods} ${side.padEnd(6)} ${wholeMs.toFixed(0)} ms`)
    }
  }
  return Object.fromEntries(samples)
}

/** Returns a function that waits until a pod is Ready, and says how long after its creation was seen. */
function watchPods (lab: Lab, cleanup: Cleanup): (name: string) => Promise<number> {
  const seen = new Map<string, Times>()
  const waiting = new Map<string, () => void>()
  const child = spawn(lab.cluster.kubectl, ['--namespace', lab.namespace, 'get', 'pods', '--watch', '--output',
    'jsonpath={.metadata.name} {.status.conditions[?(@.type=="Ready")].status}{"\\n"}'],
  { env: environmentOf(lab.cluster), stdio: ['ignore', 'pipe', 'inherit'], detached: true })
  cleanup.add(() => { child.kill() })
  createInterface({ input: child.stdout }).on('line', line => {
    const [name = '', isReady] = line.split(' ')
    const times: Times = seen.get(name) ?? { addedMs: performance.now() }
    seen.set(name, times)
    if (isReady !== 'True') return
    times.readyMs ??= performance.now()
    waiting.get(name)?.()
  })
  return async name => {
    const timeout = AbortSignal.timeout(READY_TIMEOUT_MS)
    await new Promise<void>((resolve, reject) => {
      timeout.addEventListener('abort', () => { reject(new Error(`The pod ${name} was not ready in time`)) })
      waiting.set(name, resolve)
      if (seen.get(name)?.readyMs !== undefined) resolve()
    })
    const { addedMs, readyMs = NaN } = seen.get(name) ?? { addedMs: NaN }
    return readyMs - addedMs
  }
}

function podOf (side: string, name: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'waylay.dev/inject': side === 'waylay' ? 'enabled' : 'disabled' } },
    spec: {
      terminationGracePeriodSeconds: 0,
      ...(side === 'bare' && {
        initContainers: [
          { name: 'init', image: FIXTURES_IMAGE, command: ['true'] },
          { name: 'sidecar', image: FIXTURES_IMAGE, command: ['sleep', '86400'], restartPolicy: 'Always' }
        ]
      }),
      containers: [{ name: 'app', image: FIXTURES_IMAGE, command: ['sleep', '86400'], ports: [{ containerPort: 8080 }] }]
    }
  }
}
