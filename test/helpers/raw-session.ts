import { once } from 'node:events'
import type { ExecutionContext } from 'ava'
import { openCluster } from '../../cli/cluster/kubeconfig.ts'
import { openPortForward } from '../../cli/cluster/port-forward.ts'
import { PORTS, TUNNEL_PROTOCOL_VERSION } from '../../common/contract.ts'
import type { WaylayError } from '../../common/errors.ts'
import { createCliControl } from '../../tunnel/control.ts'
import type { FromCli, FromProxy, Hello, Welcome } from '../../tunnel/control-messages.ts'
import { openSession } from '../../tunnel/open-session.ts'
import type { Pod } from './workload.ts'

/** A session to a pod whose owner says what they like on it. */
export type RawSession = {
  readonly welcome: Welcome
  readonly send: (message: FromCli) => void
  /** The next message from the proxy. */
  readonly receive: () => Promise<FromProxy>
  /** Streams of callers that came. */
  readonly diverted: () => number
  /** Why it ended, once it has. */
  readonly ended: Promise<WaylayError | undefined>
}

export const HELLO: Hello = { type: 'hello', protocol: TUNNEL_PROTOCOL_VERSION, version: '0.1.0', features: [] }

/** Opens one through a real port-forward and says hello; ended with the test. */
export async function openRawSession (t: ExecutionContext, kubeconfig: string, pod: Pod): Promise<RawSession> {
  const cluster = openCluster({ kubeconfig }, { env: {}, homeDir: '' })
  const { name, namespace } = pod.metadata
  const inbox: FromProxy[] = []
  const arrivals = new EventTarget()
  const ended = Promise.withResolvers<WaylayError | undefined>()
  let diverted = 0
  const session = openSession({
    role: 'cli',
    openCarrier: async () => await openPortForward(cluster, namespace, name, PORTS.tunnel),
    onStream: stream => {
      diverted++
      stream.destroy()
    },
    onClose: error => {
      ended.resolve(error)
      arrivals.dispatchEvent(new Event('message'))
    }
  })
  t.teardown(() => {
    session.destroy()
    cluster.close()
  })
  const control = createCliControl(session.openStream(), {
    onMessage: message => {
      inbox.push(message)
      arrivals.dispatchEvent(new Event('message'))
    },
    onError: error => { session.destroy(error) }
  })
  control.send(HELLO)
  const receive = async (): Promise<FromProxy> => {
    const message = inbox.shift()
    if (message !== undefined) return message
    await Promise.race([once(arrivals, 'message'), ended.promise])
    if (inbox.length === 0) throw await ended.promise ?? new Error('The session ended')
    return await receive()
  }
  const welcome = await receive()
  if (welcome.type !== 'welcome') throw new Error(`The proxy said ${welcome.type} to a hello`)
  const send = (message: FromCli): void => { control.send(message) }
  return { welcome, send, receive, diverted: () => diverted, ended: ended.promise }
}
