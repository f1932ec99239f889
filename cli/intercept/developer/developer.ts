import { connect, type Socket } from 'node:net'
import { WaylayError } from '../../../common/errors.ts'
import type { StreamHead } from '../../../tunnel/control-messages.ts'
import type { DeveloperPort } from '../../developer-port.ts'
import type { StreamWatch } from './stream-watch.ts'

/** The developer's program, as somebody who can be called. */
export type Developer = {
  /** `127.0.0.1:3000`, for messages. */
  readonly address: string
  /** Whether nothing listened when it was called last. */
  readonly isSilent: () => boolean
  /**
   * Opens a connection to it.
   *
   * @throws {WaylayError} `WAYLAY_DEVELOPER_REFUSED` when nothing listens.
   */
  dial (): Promise<Socket>
  /** Somebody who wants to see what passes on one stream from that pod; missing where nobody does. */
  readonly watch?: (head: StreamHead, pod: string) => StreamWatch
}

// Dev servers that listen on "localhost" may do so on one of the two only, Vite on ::1 for example.
const LOOPBACK = ['127.0.0.1', '::1'] as const

/**
 * Remembers which of the two loopback addresses answered last and asks that one first.
 *
 * @param connectTimeoutMs for a developer that is not this machine, whose packets may get lost.
 */
export function createDeveloper (
  { host, port }: Pick<DeveloperPort, 'host' | 'port'>, connectTimeoutMs?: number
): Developer {
  let hosts: readonly string[] = host === undefined ? LOOPBACK : [host]
  let isSilent = false
  const address = `${host === undefined ? LOOPBACK[0] : host.includes(':') ? `[${host}]` : host}:${port}`
  return {
    address,
    isSilent: () => isSilent,
    async dial () {
      const failures: unknown[] = []
      for (const candidate of hosts) {
        try {
          const socket = await dialOne(candidate, port, connectTimeoutMs)
          isSilent = false
          hosts = [candidate, ...hosts.filter(other => other !== candidate)]
          return socket
        } catch (error) {
          failures.push(error)
        }
      }
      isSilent = true
      const codes = failures.map(error => (error as NodeJS.ErrnoException).code ?? String(error))
      throw new WaylayError('WAYLAY_DEVELOPER_REFUSED',
        `Nothing listens on ${address} on the developer's machine (${[...new Set(codes)].join(', ')})`,
        { cause: new AggregateError(failures) })
    }
  }
}

async function dialOne (host: string, port: number, timeoutMs: number | undefined): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
  const giveUp = (): void => { socket.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })) }
  const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs)
  socket.once('error', reject)
  socket.once('connect', () => {
    socket.off('error', reject)
    resolve(socket)
  })
  return await promise.finally(() => { clearTimeout(timer) })
}
