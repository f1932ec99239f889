import { CARRIER_TYPE } from '../../../tunnel/carrier-frame.ts'
import { decodeCarrierNaively, decodeNaively, type NaiveFrame } from './naive-codec.ts'

export type FrameTap = (end: 'cli' | 'proxy', bytes: Buffer) => void

/** Turns the bytes that arrive at either end into yamux frames, by the twin codec, and hands them on. */
export function createFrameTap (onFrame: (end: 'cli' | 'proxy', frame: NaiveFrame) => void): FrameTap {
  const waiting = { cli: Buffer.alloc(0), proxy: Buffer.alloc(0) }
  return (end, bytes) => {
    const { frames, rest } = decodeCarrierNaively(Buffer.concat([waiting[end], bytes]))
    waiting[end] = Buffer.from(rest)
    for (const { type, payload } of frames) {
      // A carrier frame of ours always holds whole yamux frames.
      if (type === CARRIER_TYPE.data) for (const frame of decodeNaively(payload)) onFrame(end, frame)
    }
  }
}
