import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError } from '../../../common/errors.ts'
import { appListener } from '../../cluster/app-listener.ts'
import { isPodOf, isReachable, listPods } from '../../cluster/pods.ts'
import { openPortForward } from '../../cluster/port-forward.ts'
import type { CopyPlan, DivertedPort } from '../plan/environment-plan.ts'
import { askHttp1, askHttp2, type Asked, type Question } from './ask.ts'
import { isReady } from './pod-trouble.ts'
import type { RunContext } from './run-context.ts'
import { failed } from './wait-parts.ts'

const PAUSE_MS = 150

/**
 * Sends a marked request to a pod of the original, and does so again until the copy has answered one.
 *
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_FAILED` with what came instead, `WAYLAY_FORBIDDEN`.
 */
export async function prove (
  context: RunContext, copy: CopyPlan, port: DivertedPort, header: Question['header']
): Promise<void> {
  const { signal, endMs, namespace, progress } = context
  const what = `${copy.original.id} port ${port.port}`
  const host = `${copy.original.id.split('/')[1] ?? ''}.${namespace}.svc`
  for (;;) {
    signal.throwIfAborted()
    const seen = await askOnce(context, copy, port, { path: copy.readyPath, host, header })
    if (seen === 'answered') {
      progress.step(`first marked answer of ${what}`)
      return
    }
    if (performance.now() > endMs) throw failed(context, `marked requests to ${what} do not reach the copy: ${seen}`)
    await delay(PAUSE_MS, undefined, { signal }).catch(() => {})
  }
}

/** @returns `answered`, or for people what came instead. @throws {WaylayError} `WAYLAY_FORBIDDEN`. */
async function askOnce (
  context: RunContext, { original }: CopyPlan, port: DivertedPort, question: Question
): Promise<'answered' | (string & {})> {
  const { cluster, namespace } = context
  try {
    const { items } = await listPods(cluster, original)
    const pods = items.filter(pod => isPodOf(original, pod) && isReachable(pod))
    const [pod] = pods.filter(isReady).concat(pods)
    if (pod === undefined) return `${original.id} has no running pod with waylay in it`
    const listener = appListener(pod, port.port)
    if (listener === undefined) return `the proxy in ${pod.metadata.name} has no such port`
    const open = async (): Promise<Duplex> => await openPortForward(cluster, namespace, pod.metadata.name, listener)
    const [first, second] = port.isHttp2Only ? [askHttp2, askHttp1] as const : [askHttp1, askHttp2] as const
    const asked = await first(await open(), question)
    // A port may speak HTTP/2 only without saying so, as many a gRPC server does.
    const isOtherProtocol = asked.error === 'WAYLAY_DEVELOPER_BAD_RESPONSE'
    const again = isOtherProtocol ? await second(await open(), question).catch(() => asked) : asked
    return judge(again.error === undefined ? again : asked, port.intercept)
  } catch (error) {
    const failure = toWaylayError(error)
    if (failure.code === 'WAYLAY_FORBIDDEN') throw failure
    return failure.message
  }
}

function judge ({ status, divertedTo, error }: Asked, intercept: string): 'answered' | (string & {}) {
  if (error !== undefined) return `the proxy answered ${status} ${error}`
  if (divertedTo === intercept) return 'answered'
  return divertedTo === undefined ? `the original answered (${status})` : `another intercept answered: ${divertedTo}`
}
