import { PORTS } from '../../common/contract.ts'
import { toWaylayError } from '../../common/errors.ts'
import { openSession } from '../../tunnel/open-session.ts'
import { isReachable, injectionOf } from '../cluster/pods.ts'
import { openPortForward } from '../cluster/port-forward.ts'
import { failOf, ok, skipped, warn, type CheckResult, type Patient } from './check.ts'

const READY_TIMEOUT_MS = 10_000
// Over this a page with many requests is felt to be slow.
const SLOW_MS = 250

/** Opens a session to one pod and measures a ping: carrier and proxy, without any ticket. */
export async function checkTunnel ({ cluster, namespace, pods }: Patient): Promise<CheckResult> {
  const pod = pods.find(item => injectionOf(item) !== undefined && isReachable(item))
  if (pod === undefined) return skipped('tunnel', 'The tunnel was not tried: no injected pod runs')
  const { name } = pod.metadata
  const startMs = performance.now()
  const session = openSession({
    role: 'cli',
    openCarrier: async () => await openPortForward(cluster, namespace, name, PORTS.tunnel),
    onStream: stream => { stream.destroy() },
    onClose: () => {}
  })
  const timer = setTimeout(() => { session.destroy() }, READY_TIMEOUT_MS)
  try {
    await session.ready
    const openedMs = Math.round(performance.now() - startMs)
    const roundTripMs = Math.round(session.roundTripMs ?? openedMs)
    const text = `The tunnel to pod ${name} opens in ${openedMs} ms, a round trip takes ${roundTripMs} ms`
    return roundTripMs > SLOW_MS ? warn('tunnel', `${text}: that is slow`) : ok('tunnel', text)
  } catch (error) {
    return failOf('tunnel', toWaylayError(error))
  } finally {
    clearTimeout(timer)
    session.destroy()
  }
}
