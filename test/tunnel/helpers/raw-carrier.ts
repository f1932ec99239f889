import { once } from 'node:events'
import { duplexPair, type Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { CARRIER_TYPE, encodeOpen, type OpenFrame } from '../../../tunnel/carrier-frame.ts'
import type { SessionOptions } from '../../../tunnel/session.ts'
import {
  decodeCarrierNaively, decodeNaively, encodeCarrierNaively, encodeNaively, type NaiveCarrierFrame, type NaiveFrame
} from './naive-codec.ts'
import { openEnd, type End } from './session-pair.ts'

export const OPEN: OpenFrame = { session: { id: 'ab'.repeat(16), token: Buffer.alloc(16, 1) }, bytesReceived: 0, carrierNumber: 1 }
export const OPEN_NONE: OpenFrame = { session: undefined, bytesReceived: 0, carrierNumber: 1 }

/** One session whose peer is the test, byte by byte. */
export type RawCarrier = End & {
  readonly peer: Duplex
  /** The session ended its side with FIN. */
  readonly ended: Promise<unknown>
  readonly sendFrame: (type: number, payload: Buffer) => void
  readonly sendOpen: (open: OpenFrame) => void
  readonly sendYamux: (frame: Partial<NaiveFrame>) => void
  /** Everything the session sent so far. */
  readonly carrierFrames: () => NaiveCarrierFrame[]
  readonly yamuxFrames: () => NaiveFrame[]
}

export function openRawCarrier (
  t: ExecutionContext, role: 'cli' | 'proxy', options: Partial<SessionOptions> = {}
): RawCarrier {
  const [carrier, peer] = duplexPair()
  const end = openEnd(t, carrier, role, options)
  let received = Buffer.alloc(0)
  peer.on('data', (bytes: Buffer) => { received = Buffer.concat([received, bytes]) })
  peer.on('error', () => {})
  const carrierFrames = () => decodeCarrierNaively(received).frames
  const sendFrame = (type: number, payload: Buffer): void => { peer.write(encodeCarrierNaively(type, payload)) }
  return {
    get session () { return end.session },
    ready: end.ready,
    carrier,
    streams: end.streams,
    closings: end.closings,
    states: end.states,
    closed: end.closed,
    peer,
    ended: once(peer, 'end'),
    sendFrame,
    sendOpen: open => { peer.write(encodeOpen(open)) },
    sendYamux: frame => { sendFrame(CARRIER_TYPE.data, encodeNaively(frame)) },
    carrierFrames,
    yamuxFrames: () => decodeNaively(Buffer.concat(
      carrierFrames().filter(frame => frame.type === CARRIER_TYPE.data).map(frame => frame.payload)))
  }
}
