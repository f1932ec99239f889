import type { Socket } from 'node:net'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { reset, splice } from '../../tunnel/splice.ts'
import { listenEntry, type Entry } from './entry.ts'
import { Reacher, type Reached, type ReacherDeps } from './reacher.ts'
import type { ReachFlags } from './reach-flags.ts'
import { describeHost } from './reach-wish.ts'
import { readSocksRequest, refuseSocks } from './serve-socks.ts'
import { SOCKS_REPLY, writeSocksReply } from './socks-handshake.ts'

export type ReachOptions = ReacherDeps & {
  readonly flags: ReachFlags
  /** A line for people, on stderr. */
  readonly note: (line: string) => void
  /** Whether each dial is told. */
  readonly isVerbose: boolean
}

/** Ports of this machine that lead into the cluster, open until they are stopped. */
export type Reach = {
  /** What is open, a line for each. */
  readonly lines: readonly string[]
  /** Ports in the order of `flags.reach`, then SOCKS. */
  readonly ports: readonly number[]
  readonly stop: () => void
}

/** The same failure is told once; there may be thousands of them. */
const MAX_TOLD = 1000

/**
 * Opens the ports that the flags ask for, all of them or none.
 *
 * @throws {WaylayError} `WAYLAY_PORT_IN_USE`
 */
export async function startReach (options: ReachOptions): Promise<Reach> {
  const { flags: { reach = [], socks } } = options
  const reacher = new Reacher(options)
  const tell = createTell(options)
  const entries: Entry[] = []
  const lines: string[] = []
  const stop = (): void => {
    for (const entry of entries) entry.stop()
    reacher.stop()
  }
  try {
    for (const { host, port, developerPort } of reach) {
      const name = describeHost(host, port)
      const entry = await listenEntry(developerPort, `--reach ${name}`, socket => {
        void join(socket, async () => await tell.around(host, port, reacher.dial(host, port)))
      })
      entries.push(entry)
      lines.push(`Reach ${name} at 127.0.0.1:${entry.port}`)
    }
    if (socks !== undefined) {
      const entry = await listenEntry(socks, `--socks ${socks}`, socket => { void serveSocks(socket, reacher, tell) })
      entries.push(entry)
      lines.push(`Reach the cluster by its names through SOCKS5 at 127.0.0.1:${entry.port}`)
    }
  } catch (error) {
    stop()
    throw error
  }
  return { lines, ports: entries.map(({ port }) => port), stop }
}

async function serveSocks (socket: Socket, reacher: Reacher, tell: Tell): Promise<void> {
  const request = await readSocksRequest(socket)
  if (request === undefined) return
  const { host, port, rest } = request
  if (rest.length > 0) socket.unshift(rest)
  await join(socket, async () => {
    const reached = await tell.around(host, port, reacher.dial(host, port))
    socket.write(writeSocksReply(SOCKS_REPLY.succeeded))
    return reached
  }, error => { refuseSocks(socket, error) })
}

/** Connects what came in with what is reached. Never rejects. */
async function join (
  socket: Socket, dial: () => Promise<Reached>, onFailure: (error: WaylayError) => void = () => { reset(socket) }
): Promise<void> {
  try {
    const { stream, rest } = await dial()
    if (rest.length > 0) socket.write(rest)
    splice(socket, stream)
  } catch (error) {
    onFailure(toWaylayError(error))
  }
}

type Tell = {
  /** Tells of a dial, and why it failed. */
  readonly around: (host: string, port: number, dial: Promise<Reached>) => Promise<Reached>
}

function createTell ({ note, isVerbose }: ReachOptions): Tell {
  const told = new Set<string>()
  const warn = (name: string, error: unknown): void => {
    const { code, message, hint } = toWaylayError(error)
    const line = `Warning: cannot reach ${name}: ${message}. ${hint} (${code})`
    if (told.has(line) || told.size >= MAX_TOLD) return
    told.add(line)
    note(line)
  }
  return {
    around: async (host, port, dial) => {
      const name = describeHost(host, port)
      if (isVerbose) note(`Reaching ${name}`)
      try {
        const reached = await dial
        // A port-forward stands before the pod is asked; that nothing listens there is heard later.
        reached.stream.once('error', error => { if (error instanceof WaylayError) warn(name, error) })
        return reached
      } catch (error) {
        warn(name, error)
        throw error
      }
    }
  }
}
