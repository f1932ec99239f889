import { randomBytes } from 'node:crypto'
import { ROUTING_HEADER } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { exactHeader } from '../../intercepts/header-match.ts'
import { injectionOf, isReachable, type Pod } from '../cluster/pods.ts'
import { checkWay, type WayResult } from '../intercept/places/check-way.ts'
import { isByName, NO_NAMED_SERVICE } from '../intercept/places/named-port.ts'
import type { Developer } from '../intercept/developer/developer.ts'
import { findPlaces } from '../intercept/places/find-places.ts'
import type { Place } from '../intercept/places/place.ts'
import { SILENT_REPORT } from '../intercept/report/report.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import { createStanding, type Standing } from '../intercept/standing/standing.ts'
import { parseWorkloadName } from '../workload-name.ts'
import { fail, failOf, ok, skipped, warn, type CheckResult, type Patient } from './check.ts'
import { untilAborted } from '../until-aborted.ts'

/** Nobody knows the random value, so nobody's request comes here; the marked one is answered by a proxy. */
const NOBODY: Developer = {
  address: 'nobody',
  isSilent: () => true,
  dial: async () => { throw new WaylayError('WAYLAY_DEVELOPER_REFUSED', 'waylay doctor answers no requests') }
}

/**
 * Makes an intercept for a moment and has a marked request sent along the callers' way. The intercept is gone when this
 * returns, also when it was interrupted.
 */
export async function checkPath (
  patient: Patient, hostName: string, appPort: number | undefined
): Promise<readonly CheckResult[]> {
  const { cluster, workload, pods, signal } = patient
  const pod = pods.find(item => injectionOf(item) !== undefined && isReachable(item))
  if (workload === undefined || pod === undefined) {
    return [skipped('path', 'The way of a request was not tried: no injected pod runs')]
  }
  const standing = createStanding({ cluster, report: SILENT_REPORT, hostName, onEnded: () => {} })
  const stop = (): void => { void standing.stop() }
  signal.addEventListener('abort', stop, { once: true })
  try {
    const port = appPort ?? firstPort(pod)
    return await untilAborted(signal, checkWith(standing, patient, { workload, port }))
  } catch (error) {
    if (signal.aborted) return [skipped('path', 'The way of a request was not tried: interrupted')]
    return [failOf('intercept', toWaylayError(error), 'An intercept for a test does not stand: ')]
  } finally {
    signal.removeEventListener('abort', stop)
    await standing.stop()
  }
}

type Trial = { readonly workload: string, readonly port: number | undefined }

async function checkWith (
  standing: Standing, { cluster, namespace, pods, signal }: Patient, { workload, port }: Trial
): Promise<readonly CheckResult[]> {
  const startMs = performance.now()
  const { places: [place] } = await findPlaces(cluster, namespace, parseWorkloadName(workload), [port])
  if (place === undefined) throw new WaylayError('WAYLAY_INTERNAL', `There is no place for an intercept of ${workload}`)
  signal.throwIfAborted()
  const match = { headers: [exactHeader(ROUTING_HEADER, `doctor-${randomBytes(8).toString('hex')}`)] }
  const [intercept] = await standing.stand([{ place, match, developer: NOBODY }])
  if (intercept === undefined) throw new WaylayError('WAYLAY_INTERNAL', 'Nothing stands')
  const { diverting, running } = intercept.pods
  const stood = ok('intercept', `An intercept for a test stood after ${Math.round(performance.now() - startMs)} ms, on ${diverting} of ${running} pods`)
  return [stood, toResult(await askPath(intercept, place, pods), namespace)]
}

async function askPath (intercept: StandingIntercept, place: Place, pods: readonly Pod[]): Promise<WayResult> {
  const service = await place.service
  const podOf = (uid: string): Pod | undefined => pods.find(({ metadata }) => metadata.uid === uid)
  return await checkWay({
    intercept: intercept.name,
    pods: intercept.openPods.map(open => ({ pod: open, address: podOf(open.uid)?.status?.podIP })),
    appPort: intercept.port,
    isByName: isByName(place.pods),
    ...(service !== undefined && { service }),
    check: async (from, nonce, via) => await intercept.check(from, nonce, via)
  })
}

function toResult ({ kind, text }: WayResult, namespace: string): CheckResult {
  const plain = text.replace(/^(Checked|Warning|Not checked): /, '').replace(/\.$/, '')
  const sentence = plain.charAt(0).toUpperCase() + plain.slice(1)
  switch (kind) {
    case 'proved': return ok('path', sentence)
    case 'unchecked': return (text === NO_NAMED_SERVICE ? warn : skipped)('path', sentence)
    case 'broken': return fail('path', 'WAYLAY_TUNNEL_FAILED', sentence,
      `kubectl -n ${namespace} get services,endpointslices,networkpolicies`)
  }
}

/** The one that is seen without an intercept, where there is one. */
function firstPort (pod: Pod): number | undefined {
  const ports = injectionOf(pod)?.ports ?? []
  return (ports.find(({ redirect }) => redirect === 'always') ?? ports[0])?.port
}
