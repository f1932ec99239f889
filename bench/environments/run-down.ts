import { setTimeout as delay } from 'node:timers/promises'
import { ENVIRONMENT_LABELS, ENVIRONMENTS_PLURAL, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { RowSamples } from '../sample.ts'
import { waylayEnv } from './command.ts'
import type { EnvironmentsDeps } from './deps.ts'

const GONE_TIMEOUT_MS = 300_000
const POLL_MS = 250
const KINDS = `pods,deployments,replicasets,services,configmaps,serviceaccounts,roles,rolebindings,${
  INTERCEPTS_PLURAL},${ENVIRONMENTS_PLURAL}`

/** Removes all, and waits until the API shows nothing of them. */
export async function runDown (deps: EnvironmentsDeps): Promise<RowSamples> {
  const startMs = performance.now()
  const { wholeMs } = await waylayEnv(deps, ['down', '--all'])
  for (let left = await whatIsLeft(deps); left.length > 0; left = await whatIsLeft(deps)) {
    if (performance.now() - startMs > GONE_TIMEOUT_MS) throw new Error(`Still there: ${left.join(' ')}`)
    await delay(POLL_MS, undefined, { signal: deps.signal })
  }
  return { down: [{ wholeMs }], gone: [{ wholeMs: performance.now() - startMs }] }
}

async function whatIsLeft ({ lab }: EnvironmentsDeps): Promise<readonly string[]> {
  const [labelled, roots] = await Promise.all([
    lab.kubectl(['get', KINDS, '--selector', ENVIRONMENT_LABELS.environment, '-o', 'name']),
    lab.kubectl(['get', `${INTERCEPTS_PLURAL},${ENVIRONMENTS_PLURAL}`, '-o', 'name'])
  ])
  return `${labelled}\n${roots}`.split('\n').filter(line => line !== '')
}
