import { createServer, type Server } from 'node:net'
import { PORTS } from '../common/contract.ts'
import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { createProxyControl } from '../tunnel/control.ts'
import { SessionRegistry } from '../tunnel/session-registry.ts'
import type { Session, SessionOwner } from '../tunnel/session.ts'
import { DeveloperSession, type DeveloperSessionDeps } from './developer-session.ts'
import type { StreamBudget } from './stream-budget.ts'

export type TunnelServerDeps = Omit<DeveloperSessionDeps, 'send' | 'streams'> & {
  readonly budget: StreamBudget
  readonly port?: number
  readonly onCount: (sessions: number) => void
}

/**
 * Accepts carriers: connections that the kubelet makes on behalf of a port-forward. Listens on 127.0.0.1 only, so that
 * no other pod reaches it; what counts inside is the ticket.
 *
 * @throws {NodeJS.ErrnoException} when the port is taken.
 */
export async function listenForCarriers (deps: TunnelServerDeps): Promise<Server> {
  const registry = new SessionRegistry({ onSession: session => serveSession(session, deps) })
  let sessions = 0
  const server = createServer({ noDelay: true, allowHalfOpen: true }, carrier => {
    deps.onCount(++sessions)
    carrier.once('close', () => deps.onCount(--sessions))
    registry.accept(carrier)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: deps.port ?? PORTS.tunnel }, resolve)
  })
  // Out of descriptors and the like: the carrier comes again, and callers must not be cut for it.
  server.on('error', err => deps.log.warn({ event: 'tunnel.accept-failed', err }, 'a carrier was not accepted'))
  return server
}

function serveSession (session: Session, deps: TunnelServerDeps): SessionOwner {
  const log: Logger = deps.log
  let developer: DeveloperSession | undefined
  function fail (error: unknown): void {
    const failure = toWaylayError(error)
    log.warn({ event: 'session.failed', code: failure.code }, failure.message)
    session.destroy(failure)
  }
  return {
    onStream: stream => {
      // The first one is the control stream.
      if (developer !== undefined) return developer.onStream(stream)
      const control = createProxyControl(stream, {
        onMessage: message => {
          try {
            own.onMessage(message)
          } catch (error) {
            fail(error)
          }
        },
        onError: fail
      })
      const own = new DeveloperSession({
        ...deps,
        send: message => control.send(message),
        streams: deps.budget.share(() => session.openStream())
      })
      developer = own
    },
    onClose: error => {
      developer?.close()
      log.info({ event: 'session.closed', code: error?.code }, 'session closed')
    }
  }
}
