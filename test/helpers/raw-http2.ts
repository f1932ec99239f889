import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { ExecutionContext } from 'ava'
import { ACK, DATA, END_STREAM, HEADERS, PUSH_PROMISE, read31, SETTINGS } from '../../http2/frame.ts'
import { FrameReader, PASS, WHOLE } from '../../http2/frame-reader.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HpackDecoder } from '../../http2/hpack-decoder.ts'
import { encodeHeaders } from '../../http2/hpack-encoder.ts'
import { PREFACE } from '../../http2/preface.ts'
import { headersFrames, settings, SETTINGS_ACK } from '../../http2/write-frames.ts'

export type RawFrame = {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

export type RawStream = { bytes: number, ended: boolean, reset: boolean, fields: Record<string, string>[] }

/** A caller of HTTP/2 that sends exactly the frames it is told to, and sees each that it gets. */
export type RawCaller = {
  readonly socket: Socket
  readonly frames: RawFrame[]
  readonly streams: Map<number, RawStream>
  readonly send: (...frames: Buffer[]) => void
  readonly request: (streamId: number, fields: Record<string, string>, ends?: boolean) => void
  readonly until: (holds: () => boolean) => Promise<void>
  /** How the connection ended, if it has. */
  readonly over: () => 'end' | 'reset' | undefined
}

/** @param onFrame sees each frame when it comes. */
export async function callRaw (
  t: ExecutionContext, port: number, own: readonly (readonly [number, number])[] = [],
  onFrame: (frame: RawFrame) => void = () => {}
): Promise<RawCaller> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  t.teardown(() => socket.destroy())
  const frames: RawFrame[] = []
  const streams = new Map<number, RawStream>()
  const watchers = new Set<() => void>()
  let over: 'end' | 'reset' | undefined
  const see = watch(streams)
  const reader = new FrameReader({
    onHead: () => WHOLE,
    onFrame: (bytes, at, end) => {
      const flags = bytes[at + 4] as number
      const payload = Buffer.from(bytes.subarray(at + 9, end))
      const frame = { type: bytes[at + 3] as number, flags, streamId: read31(bytes, at + 5), payload }
      frames.push(frame)
      see(bytes, at, end, frame)
      onFrame(frame)
      if (frame.type === SETTINGS && (flags & ACK) === 0) socket.write(SETTINGS_ACK)
      return PASS
    },
    onData: () => {},
    onPass: () => {}
  })
  const check = (): void => { for (const watcher of watchers) watcher() }
  socket.on('data', (bytes: Buffer) => {
    reader.push(bytes, 0, bytes.length)
    check()
  })
  socket.on('end', () => { over ??= 'end'; check() })
  socket.on('error', () => { over = 'reset'; check() })
  await once(socket, 'connect')
  socket.write(Buffer.concat([PREFACE, settings(own)]))
  const until: RawCaller['until'] = async holds => await new Promise(resolve => {
    const watcher = (): void => {
      if (!holds()) return
      watchers.delete(watcher)
      resolve()
    }
    watchers.add(watcher)
    watcher()
  })
  const send: RawCaller['send'] = (...pieces) => void socket.write(Buffer.concat(pieces))
  const request: RawCaller['request'] = (streamId, fields, ends) => send(writeRequest(streamId, fields, ends))
  return { socket, frames, streams, send, request, until, over: () => over }
}

/** HEADERS of a GET. */
export function writeRequest (streamId: number, fields: Record<string, string>, ends = true): Buffer {
  const list = new HeaderList()
  const all = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'shop', ...fields }
  for (const [name, value] of Object.entries(all)) list.add(name, value, false)
  const block = encodeHeaders(list, undefined)
  return headersFrames(streamId, block, 0, block.length, ends)
}

function watch (streams: Map<number, RawStream>): (bytes: Buffer, at: number, end: number, frame: RawFrame) => void {
  const block = new HeaderBlock()
  const decoder = new HpackDecoder()
  const list = new HeaderList()
  return (bytes, at, end, { type, flags, streamId, payload }) => {
    if (streamId === 0 || type === PUSH_PROMISE) return
    const stream = streams.get(streamId) ?? { bytes: 0, ended: false, reset: false, fields: [] }
    streams.set(streamId, stream)
    if (type === 3) stream.reset = true
    if (type === DATA) stream.bytes += payload.length
    if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0) stream.ended = true
    if (type !== HEADERS && type !== 9) return
    if (block.push(bytes, at, end) !== 'complete') return
    if (decoder.decode(block.bytes, block.from, block.to, list) !== 'ok') throw new Error('The fields cannot be read')
    const { names, values, length } = list
    stream.fields.push(Object.fromEntries(names.slice(0, length).map((name, index) => [name, values[index] ?? ''])))
  }
}
