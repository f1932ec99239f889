import { createServer, type Server, type Socket } from 'node:net'
import { SOURCE_ADDRESSES } from '../common/contract.ts'
import type { Logger } from '../common/log.ts'
import { plainAddress } from './app-dial.ts'
import { lingerAndClose } from './close.ts'
import { listenOnEveryAddress } from './listen.ts'
import { writeOwnAnswer } from './own-answer.ts'

export type ListenerDeps = {
  /** Where the kernel redirects one app port to. */
  readonly listener: number
  readonly onCaller: (caller: Socket) => void
  /** Told of every socket as soon as it is accepted, whatever becomes of it. */
  readonly onSocket: (caller: Socket) => void
  /** accept() failed: EMFILE and the like. */
  readonly onAcceptError: (errorCode: string) => void
  readonly log: Logger
}

/**
 * Listens for one app port, for both families where the pod has both.
 *
 * @throws {NodeJS.ErrnoException} when the port is taken.
 */
export async function listenForCallers (deps: ListenerDeps): Promise<Server> {
  // A caller that ends its side still wants its answer. And one whose machine is gone the app would notice by its own
  // keep-alive: its peer is us now, so we must.
  const options = {
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_AFTER_MS,
    // Who takes the socket decides where its bytes go before the first is read.
    pauseOnConnect: true
  }
  const server = createServer(options, caller => {
    deps.onSocket(caller)
    // Reset before we came to accept it: nobody is there, and the app need not hear of it.
    if (caller.remoteAddress === undefined) {
      caller.destroy()
      return
    }
    if (isOwnDial(caller)) return refuseLoop(caller, deps.log)
    deps.onCaller(caller)
  })
  await listenOnEveryAddress(server, deps.listener)
  server.on('error', (error: NodeJS.ErrnoException) => deps.onAcceptError(error.code ?? 'UNKNOWN'))
  return server
}

const KEEP_ALIVE_AFTER_MS = 300_000

const IPV4_NET = `${SOURCE_ADDRESSES.ipv4Prefix.split('.').slice(0, 3).join('.')}.`
const IPV6_SOURCES: ReadonlySet<string> = new Set(SOURCE_ADDRESSES.ipv6)

// Some kernels route pod -> own address back in through PREROUTING; the first rule of our chain returns such packets,
// and should it be missing, the connection that we see then is our own.
function isOwnDial (caller: Socket): boolean {
  const address = plainAddress(caller.remoteAddress ?? '')
  return address.startsWith(IPV4_NET) || IPV6_SOURCES.has(address)
}

function refuseLoop (caller: Socket, log: Logger): void {
  log.error({ event: 'connection.loop', from: caller.remoteAddress }, 'own connection came back')
  caller.on('error', () => {})
  caller.write(writeOwnAnswer('WAYLAY_LOOP', 'The proxy\'s connection to the app came back to the proxy', 'GET'))
  lingerAndClose(caller)
}
