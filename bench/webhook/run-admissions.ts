import { join } from 'node:path'
import { run } from '../../test/cluster/run.ts'
import { CORES } from '../pod.ts'
import { treeCpuMs } from '../proc.ts'
import type { AdmissionLoad, AdmissionResult } from '../programs/admission-caller.ts'
import type { RowSamples, Sample } from '../sample.ts'
import type { Lab } from '../tunnel/lab.ts'
import { reviewFor } from './review.ts'
import { STEADY_PER_SECOND, SUSTAINED_CONNECTIONS, type WebhookRow } from './rows.ts'
import type { WebhookDeps } from './deps.ts'
import type { StoodWebhook } from './stand-webhook.ts'

const CALLER = join(import.meta.dirname, '..', 'programs', 'admission-caller.ts')

/** Sends reviews from the other core, in each round with new connections. */
export async function runAdmissions (
  row: WebhookRow, webhook: StoodWebhook, { namespace }: Lab, { rounds, seconds, signal, progress }: WebhookDeps
): Promise<RowSamples> {
  const load: AdmissionLoad = {
    port: webhook.port,
    authority: webhook.authority,
    serverName: webhook.serverName,
    review: reviewFor(namespace),
    seconds,
    connections: SUSTAINED_CONNECTIONS,
    ...(row.name === 'steady' && { perSecond: STEADY_PER_SECOND })
  }
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    const sample = await measure(load, webhook.pid, signal)
    samples.push(sample)
    progress(`${row.name} ${round + 1}/${rounds} ${JSON.stringify(sample)}`)
  }
  return { webhook: samples }
}

async function measure (load: AdmissionLoad, pid: number, signal: AbortSignal): Promise<Sample> {
  const cpuBeforeMs = treeCpuMs(pid)
  const printed = await run('taskset', ['-c', String(CORES.load), process.execPath, CALLER],
    { input: JSON.stringify(load), signal, timeoutMs: (load.seconds + 30) * 1000 })
  const { warmUpRequests, requests, ...measured } = JSON.parse(printed) as AdmissionResult
  if (measured.errors > 0) throw new Error(`${measured.errors} reviews were not answered with a patch`)
  // The warm-up is in the CPU time, so its reviews count, too.
  return { ...measured, cpuUs: (treeCpuMs(pid) - cpuBeforeMs) * 1000 / (warmUpRequests + requests) }
}
