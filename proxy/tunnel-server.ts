import { createServer, type Server } from 'node:net'
import { PORTS } from '../common/contract.ts'
import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import { createProxyControl } from '../tunnel/control.ts'
import { SessionRegistry, type Vouch } from '../tunnel/session-registry.ts'
import type { Session, SessionOwner } from '../tunnel/session.ts'
import { DeveloperSession, type DeveloperSessionDeps } from './developer-session.ts'
import { Presence } from './presence.ts'
import type { SessionCounts } from './session-counts.ts'
import type { StreamBudget } from './stream-budget.ts'

export type TunnelServerDeps = Omit<DeveloperSessionDeps, 'send' | 'streams' | 'presence' | 'vouch'> & {
  readonly budget: StreamBudget
  readonly counts: SessionCounts
  readonly port?: number
}

/**
 * Accepts carriers: connections that the kubelet makes on behalf of a port-forward. Listens on 127.0.0.1 only, so that
 * no other pod reaches it; what counts inside is the ticket.
 *
 * @throws {NodeJS.ErrnoException} when the port is taken.
 */
export async function listenForCarriers (deps: TunnelServerDeps): Promise<Server> {
  const registry: SessionRegistry = new SessionRegistry({
    onSession: (session, vouch) => serveSession(session, vouch, deps),
    onCount: event => { deps.counts[event]++ }
  })
  deps.counts.now = () => registry.size
  const server = createServer({ noDelay: true, allowHalfOpen: true }, carrier => { registry.accept(carrier) })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: deps.port ?? PORTS.tunnel }, resolve)
  })
  // Out of descriptors and the like: the carrier comes again, and callers must not be cut for it.
  server.on('error', err => deps.log.warn({ event: 'tunnel.accept-failed', err }, 'a carrier was not accepted'))
  return server
}

function serveSession (session: Session, vouch: Vouch, deps: TunnelServerDeps): SessionOwner {
  const log: Logger = deps.log
  const presence = new Presence(() => session.silentMs)
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
        presence,
        vouch,
        send: message => control.send(message),
        streams: deps.budget.share(() => session.openStream())
      })
      developer = own
    },
    onCarrier: state => {
      log.info({ event: `session.${state}` }, 'the session\'s carrier changed')
      if (state === 'lost') presence.lost()
      else presence.resumed()
    },
    onClose: error => {
      developer?.close()
      log.info({ event: 'session.closed', code: error?.code }, 'session closed')
    }
  }
}
