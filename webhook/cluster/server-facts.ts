import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Facts } from '../facts/facts.ts'
import { readVersion } from '../facts/versions.ts'
import type { Cluster } from './client.ts'

export type ServerFactsDeps = {
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
}

const RETRY_MS = 5000
/** A cluster is upgraded while we run. */
const PERIOD_MS = 10 * 60_000
const OPENSHIFT_GROUP = 'security.openshift.io'

/** Asks again and again what the API server is. Every authenticated user may; never rejects. */
export async function keepServerFacts (
  { raw }: Cluster, { useServer }: Facts, { wait, log }: ServerFactsDeps, signal: AbortSignal
): Promise<void> {
  while (!signal.aborted) {
    let pauseMs = PERIOD_MS
    try {
      const [version, groups] = await Promise.all([raw.get('/version'), raw.get('/apis')])
      const kubernetes = readVersion((version as { readonly gitVersion?: string }).gitVersion)
      const names = ((groups as { readonly groups?: readonly { readonly name: string }[] }).groups ?? [])
      const isOpenShift = names.some(({ name }) => name === OPENSHIFT_GROUP)
      useServer({ isOpenShift, ...(kubernetes !== undefined && { kubernetes }) })
    } catch (error) {
      pauseMs = RETRY_MS
      log.warn({ event: 'facts.broken', facts: 'version', retryMs: RETRY_MS, err: toWaylayError(error) },
        'the API server did not say what it is, trying again')
    }
    await wait(pauseMs, signal)
  }
}
