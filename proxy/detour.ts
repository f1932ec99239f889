import { createServer, type Server } from 'node:net'
import type { Detour } from '../common/injected.ts'
import { dialApp, plainAddress } from './app-dial.ts'
import { listenOnEveryAddress } from './listen.ts'
import { splice } from '../tunnel/splice.ts'

const CHECK_INTERVAL_MS = 1000

/**
 * Stands in for the kernel's probe detour in a pod whose rules could not be written: listens on the detour's port only
 * while a dial of the app succeeds, and passes the bytes. So a probe of a dead app fails, as it would without us.
 *
 * @param addresses the pod's own.
 * @returns stops it.
 */
export function standInForDetour (detour: Detour, addresses: readonly string[]): () => void {
  let server: Server | undefined
  const check = async (): Promise<void> => {
    const alive = await accepts(detour.to, addresses)
    if (alive && server?.listening !== true) server = listen(detour)
    if (!alive) {
      server?.close()
      server = undefined
    }
  }
  void check()
  const timer = setInterval(() => void check(), CHECK_INTERVAL_MS)
  return () => {
    clearInterval(timer)
    server?.close()
  }
}

function listen ({ port, to }: Detour): Server {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, caller => {
    const address = plainAddress(caller.localAddress ?? '127.0.0.1')
    splice(caller, dialApp({ address, port: to, sources: [], onResult: () => {} }))
  })
  // A port that is taken is tried again with the next check.
  listenOnEveryAddress(server, port).then(() => server.on('error', () => {}), () => server.close())
  return server
}

async function accepts (port: number, addresses: readonly string[]): Promise<boolean> {
  const answers = await Promise.all(addresses.map(async address => await new Promise<boolean>(resolve => {
    const socket = dialApp({
      address,
      port,
      sources: [],
      onResult: ({ errorCode }) => {
        socket.destroy()
        resolve(errorCode === undefined)
      }
    })
    socket.setTimeout(CHECK_INTERVAL_MS, () => {
      socket.destroy()
      resolve(false)
    })
  })))
  return answers.includes(true)
}
