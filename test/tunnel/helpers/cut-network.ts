import { duplexPair, type Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { SessionRegistry, type SessionEvent, type SessionRegistryOptions } from '../../../tunnel/session-registry.ts'
import type { CarrierState, Session, SessionOptions } from '../../../tunnel/session.ts'
import { openSession } from '../../../tunnel/open-session.ts'
import type { YamuxStream } from '../../../tunnel/stream.ts'
import type { WaylayError } from '../../../common/errors.ts'

/** One carrier's way: the bytes each direction lets through, and what happens to it after that. */
export type Way = {
  /** Bytes from the CLI to the proxy before it is cut. Default: never. */
  readonly upBytes?: number
  readonly downBytes?: number
  /** `silence`: swallows everything from then on, and tells nobody. Default `cut`: both ends see it closed. */
  readonly then?: 'cut' | 'end' | 'silence'
  /** Cuts bytes into pieces of at most this. */
  readonly pieceBytes?: number
  /** Each way. */
  readonly delayMs?: number
}

export type CutNetwork = {
  readonly cli: Session
  /** The proxy's session, once there is one. */
  readonly proxy: () => Session
  readonly registry: SessionRegistry
  /** What either owner was told, in order. */
  readonly states: { readonly cli: CarrierState[], readonly proxy: CarrierState[] }
  readonly closings: { readonly cli: Closings, readonly proxy: Closings }
  readonly events: SessionEvent[]
  /** Carriers that were dialled, newest last. */
  readonly carriers: Relay[]
}

type Closings = Array<WaylayError | undefined>

export type NetworkOptions = {
  /** The way of each carrier in turn; undefined: it cannot be dialled. */
  readonly way: (number: number) => Way | undefined
  readonly onStream?: (stream: YamuxStream, end: 'cli' | 'proxy') => void
  readonly cli?: Partial<SessionOptions>
  readonly proxy?: Partial<SessionRegistryOptions>
}

/** A session whose carriers break where the test says. */
export function openCutNetwork (t: ExecutionContext, options: NetworkOptions): CutNetwork {
  const states: CutNetwork['states'] = { cli: [], proxy: [] }
  const closings: CutNetwork['closings'] = { cli: [], proxy: [] }
  const events: SessionEvent[] = []
  const carriers: Relay[] = []
  let proxy: Session | undefined
  const owner = (end: 'cli' | 'proxy') => ({
    onStream: (stream: YamuxStream) => { options.onStream?.(stream, end) },
    onCarrier: (state: CarrierState) => { states[end].push(state) },
    onClose: (error: WaylayError | undefined) => { closings[end].push(error) }
  })
  const registry = new SessionRegistry({
    onCount: event => { events.push(event) },
    ...options.proxy,
    onSession: (session, vouch) => {
      vouch(true)
      proxy = session
      return owner('proxy')
    }
  })
  const cli = openSession({
    openCarrier: async () => {
      const way = options.way(carriers.length)
      if (way === undefined) throw new Error('no way to the pod')
      const relay = new Relay(way)
      carriers.push(relay)
      registry.accept(relay.proxyEnd)
      return relay.cliEnd
    },
    ...options.cli,
    ...owner('cli'),
    role: 'cli'
  })
  // The tunnel's own timers keep no process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => {
    clearInterval(alive)
    cli.destroy()
    registry.destroy()
  })
  const getProxy = (): Session => {
    if (proxy === undefined) throw new Error('The proxy has no session')
    return proxy
  }
  return { cli, proxy: getProxy, registry, states, closings, events, carriers }
}

/** A connection that breaks after so many bytes, in either direction. */
export class Relay {
  readonly cliEnd: Duplex
  readonly proxyEnd: Duplex
  readonly #inner: readonly [Duplex, Duplex]
  readonly #way: Way
  #isOver = false
  #inFlightBytes = 0
  /** The most that was under way to the CLI and back at one time. */
  mostInFlightBytes = 0

  constructor (way: Way) {
    const [cliEnd, fromCli] = duplexPair()
    const [proxyEnd, fromProxy] = duplexPair()
    this.cliEnd = cliEnd
    this.proxyEnd = proxyEnd
    this.#inner = [fromCli, fromProxy]
    this.#way = way
    this.#pump(fromCli, fromProxy, way.upBytes ?? Infinity)
    this.#pump(fromProxy, fromCli, way.downBytes ?? Infinity)
    for (const end of [cliEnd, proxyEnd, fromCli, fromProxy]) end.on('error', () => {})
  }

  /** Breaks it now. */
  break (how: Way['then'] = this.#way.then): void {
    if (this.#isOver) return
    this.#isOver = true
    if (how === 'silence') return
    if (how === 'end') for (const inner of this.#inner) inner.end()
    else for (const end of [this.cliEnd, this.proxyEnd]) end.destroy(new Error('cut'))
  }

  #deliver (part: Buffer, to: Duplex): void {
    const { delayMs } = this.#way
    if (delayMs === undefined) return void to.write(part)
    const bytes = Buffer.from(part)
    this.#inFlightBytes += bytes.length
    this.mostInFlightBytes = Math.max(this.mostInFlightBytes, this.#inFlightBytes)
    setTimeout(() => {
      this.#inFlightBytes -= bytes.length
      if (!this.#isOver) to.write(bytes)
    }, delayMs)
  }

  #pump (from: Duplex, to: Duplex, limitBytes: number): void {
    let left = limitBytes
    from.on('data', (bytes: Buffer) => {
      if (this.#isOver) return
      const piece = this.#way.pieceBytes ?? bytes.length
      for (let at = 0; at < bytes.length && left > 0; at += piece) {
        const part = bytes.subarray(at, Math.min(at + piece, bytes.length, at + left))
        left -= part.length
        this.#deliver(part, to)
      }
      if (left <= 0) this.break()
    })
    from.on('end', () => {
      if (this.#way.delayMs !== undefined) setTimeout(() => to.end(), this.#way.delayMs)
      else if (!this.#isOver) to.end()
    })
    from.on('close', () => { if (!this.#isOver && !from.readableEnded) this.break('cut') })
  }
}
