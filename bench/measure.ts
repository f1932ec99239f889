import { readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { LoadResult } from './load/load.ts'
import { CORES, type Pod, type Running } from './pod.ts'
import { coresBusyMs, countEstablished, endedChildrenCpuMs, kernelThreads, sum, treeCpuMs } from './proc.ts'
import type { Sample } from './sample.ts'
import type { Standing } from './sides/side.ts'

/** One side, ready to be measured. */
export type Stood = {
  readonly name: string
  readonly pod: Pod
  readonly app: Running
  readonly standing: Standing
}

export type Load = (pod: Pod, seconds: number, signal: AbortSignal) => Promise<LoadResult>

type Clock = { readonly sideMs: number, readonly pathMs: number, readonly busyMs: number, readonly wallMs: number }

/** Measures one side for some seconds. */
export async function measure (stood: Stood, load: Load, seconds: number, signal: AbortSignal): Promise<Sample> {
  const before = readClock(stood)
  const { requests, seconds: took, bytes, p50Us, errors } = await load(stood.pod, seconds, signal)
  const after = readClock(stood)
  const pathMs = after.pathMs - before.pathMs
  const sideMs = stood.standing.process === undefined ? NaN : after.sideMs - before.sideMs
  const perRequest = (ms: number): number => ms * 1000 / requests
  return {
    requestsPerSecond: requests / took,
    mbPerSecond: bytes / took / 1e6,
    p50Us,
    cpuUs: perRequest(sideMs),
    corePercent: sideMs / took / 10,
    turns: await stood.standing.countTurns?.() ?? NaN,
    pathCpuUs: perRequest(pathMs),
    errors,
    foreignPercent: 50 * Math.max(0, after.busyMs - before.busyMs - pathMs) / (after.wallMs - before.wallMs)
  }
}

/**
 * A run that is not measured: code gets compiled, connections get made. Looks meanwhile whether the side is where it
 * should be.
 *
 * @throws {Error} when no connection of the load goes through the side, or one goes where none may.
 */
export async function warmUp (stood: Stood, load: Load, seconds: number, signal: AbortSignal): Promise<void> {
  const running = load(stood.pod, seconds, signal)
  running.catch(() => {})
  let through = 0
  for (let looks = 0; looks < 20 && through === 0; looks++) {
    await delay(seconds * 1000 / 25)
    through = countThrough(stood)
  }
  await running
  const { listener, silentListener } = stood.standing
  if (listener !== undefined && through === 0) throw new Error(`No connection went through ${stood.name}`)
  if (silentListener !== undefined && through > 0) throw new Error(`${through} connections went through ${stood.name}`)
}

function countThrough ({ pod, app, standing }: Stood): number {
  const port = standing.listener ?? standing.silentListener
  return port === undefined ? 0 : countEstablished(pod.connections(app.pid), port)
}

function readClock ({ app, standing }: Stood): Clock {
  const sideMs = standing.process === undefined ? 0 : treeCpuMs(standing.process.pid)
  // Load has ended by now and is counted among the children; packets that pile up are worked off by kernel threads.
  const kernelMs = sum(kernelThreads('ksoftirqd/').map(treeCpuMs))
  return {
    sideMs,
    pathMs: sideMs + treeCpuMs(app.pid) + endedChildrenCpuMs() + kernelMs,
    busyMs: coresBusyMs(readFileSync('/proc/stat', 'utf8'), Object.values(CORES)),
    wallMs: performance.now()
  }
}
