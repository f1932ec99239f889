import { duplexPair, type Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import type { WaylayError } from '../../../common/errors.ts'
import { SessionRegistry } from '../../../tunnel/session-registry.ts'
import type { CarrierState, Session, SessionOptions } from '../../../tunnel/session.ts'
import { openSession } from '../../../tunnel/open-session.ts'
import type { YamuxStream } from '../../../tunnel/stream.ts'

export type End = {
  /** The proxy's: from the peer's open frame on. */
  readonly session: Session
  /** That of the session, also of one that is still to come. */
  readonly ready: Promise<void>
  readonly carrier: Duplex
  /** Streams the other end opened, in order. */
  readonly streams: YamuxStream[]
  /** What onCarrier was called with, in order. */
  readonly states: CarrierState[]
  /** What onClose was called with, once for each call. */
  readonly closings: Array<WaylayError | undefined>
  readonly closed: Promise<WaylayError | undefined>
}

type Heard = 'streams' | 'closings' | 'states'

export type PairOptions = {
  readonly carriers?: readonly [Duplex, Duplex]
  readonly cli?: Partial<SessionOptions>
  readonly proxy?: Partial<SessionOptions>
  /** Sees what arrives at one end's carrier, before the session does. */
  readonly tap?: (end: 'cli' | 'proxy', bytes: Buffer) => void
}

/** Two sessions that face each other, in memory unless carriers are given. Destroyed at the end of the test. */
export function openSessionPair (t: ExecutionContext, options: PairOptions = {}): { cli: End, proxy: End } {
  const [left, right] = options.carriers ?? duplexPair()
  if (options.tap !== undefined) {
    left.on('data', (bytes: Buffer) => options.tap?.('cli', bytes))
    right.on('data', (bytes: Buffer) => options.tap?.('proxy', bytes))
  }
  return { cli: openEnd(t, left, 'cli', options.cli), proxy: openEnd(t, right, 'proxy', options.proxy) }
}

export function openEnd (
  t: ExecutionContext, carrier: Duplex, role: 'cli' | 'proxy', options: Partial<SessionOptions> = {}
): End {
  const { streams, closings, states } = { streams: [], closings: [], states: [] } as Pick<End, Heard>
  const closed = Promise.withResolvers<WaylayError | undefined>()
  const own = {
    ...options,
    onStream: (stream: YamuxStream) => {
      streams.push(stream)
      options.onStream?.(stream)
    },
    onCarrier: (state: CarrierState) => {
      states.push(state)
      options.onCarrier?.(state)
    },
    onClose: (error: WaylayError | undefined) => {
      closings.push(error)
      closed.resolve(error)
      options.onClose?.(error)
    }
  }
  const found = Promise.withResolvers<void>()
  let session: Session | undefined
  if (role === 'cli') session = openSession({ openCarrier: openOnce(carrier), ...own, role })
  else {
    const registry = new SessionRegistry({
      ...own,
      onSession: accepted => {
        session = accepted
        accepted.ready.then(found.resolve, found.reject)
        return own
      }
    })
    registry.accept(carrier)
    t.teardown(() => { registry.destroy() })
  }
  t.teardown(() => { session?.destroy() })
  return {
    get session (): Session {
      if (session === undefined) throw new Error('No open frame has come yet')
      return session
    },
    ready: session?.ready ?? found.promise,
    carrier,
    streams,
    closings,
    states,
    closed: closed.promise
  }
}

/** A way to the pod that is gone after the first carrier. */
function openOnce (carrier: Duplex): () => Promise<Duplex> {
  const carriers = [carrier]
  return async () => carriers.pop() ?? await Promise.reject(new Error('no way to the pod'))
}

/** Answers every byte with itself, and an end with an end. */
export function echo (stream: Duplex): void {
  stream.pipe(stream)
}

export async function readAll (stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

/** Waits until everything that is under way without a timer has arrived. */
export async function settle (): Promise<void> {
  for (let round = 0; round < 50; round++) await new Promise(resolve => setImmediate(resolve))
}
