import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError } from '../../../common/errors.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import type { Objects } from '../../cluster/objects.ts'
import type { Progress } from './progress.ts'

/** What all stages of one `env up` share. */
export type RunContext = {
  readonly cluster: Cluster
  readonly objects: Objects
  readonly namespace: string
  /** Of the environment. */
  readonly name: string
  readonly progress: Progress
  /** Somebody wants it to end. */
  readonly signal: AbortSignal
  /** By `performance.now()`. */
  readonly endMs: number
}

const RETRY_MS = 500
/** An API server that starts again is back by then, or not at all. */
const MAX_RETRYING_MS = 30_000

/**
 * Carries out what may be carried out twice, over a moment in which the API server or the webhook does not answer.
 *
 * @throws what it throws at last.
 */
export async function retried<T> ({ endMs, signal, progress }: RunContext, act: () => Promise<T>): Promise<T> {
  const lastMs = Math.min(performance.now() + MAX_RETRYING_MS, endMs)
  let isTold = false
  for (;;) {
    signal.throwIfAborted()
    try {
      return await act()
    } catch (error) {
      const { code, message } = toWaylayError(error)
      const mayPass = code === 'WAYLAY_NO_CLUSTER' || code === 'WAYLAY_INSTALL_FAILED'
      if (!mayPass || performance.now() > lastMs) throw error
      if (!isTold) progress.note(`${message}. Trying again.`)
      isTold = true
    }
    await delay(RETRY_MS, undefined, { signal }).catch(() => {})
  }
}
