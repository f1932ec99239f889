import { ROUTING_HEADER, DIVERTED_TO_HEADER, INTERCEPTS_PLURAL } from '../../common/contract.ts'
import type { CallerResult, LoadCommand } from '../programs/load-caller.ts'
import type { RowSamples } from '../sample.ts'
import { APP_PORT } from '../tunnel/lab.ts'
import { runRounds } from '../tunnel/rounds.ts'
import { APPS, type EnvironmentsDeps } from './deps.ts'
import { MARKED_PER_SECOND, type EnvironmentsRow } from './rows.ts'
import { FIRST } from './run-up.ts'

const WARM_UP_SECONDS = 1
const PAUSE_MS = 1000 / MARKED_PER_SECOND
/** The marked load of a round begins before and ends after what is measured. */
const AROUND_SECONDS = 1

/** Callers without a header, of each side in turn. */
export async function runUnmarked (row: EnvironmentsRow, deps: EnvironmentsDeps): Promise<RowSamples> {
  const hosts = Object.fromEntries(await Promise.all(Object.values(APPS).map(async app =>
    [app, await podAddress(deps, app)] as const)))
  const hostOf = (side: string): string => hosts[side] ?? hosts[APPS.app] ?? ''
  const measure = async (side: string, seconds: number): Promise<CallerResult> =>
    await deps.caller<CallerResult>('load', loadOf(hostOf(side), seconds))
  for (const side of row.sides) await measure(side, WARM_UP_SECONDS)
  return await runRounds(row, { ...deps, profile: undefined }, async side => {
    const marked = side === 'busy' ? startMarked(deps, hostOf(side)) : undefined
    const { requests, seconds, p50Us, p99Us } = await measure(side, deps.seconds)
    await marked
    return { p50Us, p99Ms: p99Us / 1000, requestsPerSecond: requests / seconds }
  })
}

async function startMarked (deps: EnvironmentsDeps, host: string): Promise<void> {
  const value = await deps.lab.kubectl(['get', 'environment', FIRST, '-o', 'jsonpath={.spec.value}'])
  await deps.marker<CallerResult>('load', {
    ...loadOf(host, deps.seconds + AROUND_SECONDS),
    headers: { [ROUTING_HEADER]: value },
    mustCarry: DIVERTED_TO_HEADER,
    pauseMs: PAUSE_MS
  })
}

function loadOf (host: string, seconds: number): LoadCommand {
  return { host, port: APP_PORT, path: '/', headers: {}, uploadBytes: 0, connections: 1, seconds }
}

async function podAddress ({ lab }: EnvironmentsDeps, app: string): Promise<string> {
  return await lab.kubectl(['get', 'pods', '--selector', `app=${app}`, '-o', 'jsonpath={.items[0].status.podIP}'])
}

/** How many intercepts stand in the namespace. */
export async function countIntercepts ({ lab }: EnvironmentsDeps): Promise<number> {
  const names = await lab.kubectl(['get', INTERCEPTS_PLURAL, '-o', 'name'])
  return names.split('\n').filter(line => line !== '').length
}
