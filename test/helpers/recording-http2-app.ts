import type { ExecutionContext } from 'ava'
import { ACK, CONTINUATION, HEADERS, read31, RST_STREAM, SETTINGS } from '../../http2/frame.ts'
import { FrameReader, PASS, WHOLE } from '../../http2/frame-reader.ts'
import { HeaderBlock } from '../../http2/header-block.ts'
import { HeaderList } from '../../http2/header-list.ts'
import { HpackDecoder } from '../../http2/hpack-decoder.ts'
import { PREFACE } from '../../http2/preface.ts'
import { settings, SETTINGS_ACK } from '../../http2/write-frames.ts'
import { listenRaw } from './raw-app.ts'

export type RecordingApp = {
  readonly port: number
  /** HEADERS and CONTINUATION frames as they came. */
  readonly frames: Buffer[]
  /** The fields of each block. */
  readonly blocks: HeaderList[]
  readonly until: (holds: () => boolean) => Promise<void>
}

/** Identifiers and values, in the order in which they are said. */
export type AppSettings = Parameters<typeof settings>[0]

/** An app of HTTP/2 that answers nothing and keeps every header block, with a decoder for each connection. */
export async function recordHttp2 (t: ExecutionContext, own: AppSettings = []): Promise<RecordingApp> {
  const frames: Buffer[] = []
  const blocks: HeaderList[] = []
  const port = await listenRaw(t, socket => {
    let preface = PREFACE.length
    const block = new HeaderBlock()
    const decoder = new HpackDecoder()
    const reader = new FrameReader({
      onHead: () => WHOLE,
      onFrame: (bytes, at, end) => {
        const type = bytes[at + 3] as number
        if (type === SETTINGS && ((bytes[at + 4] as number) & ACK) === 0) socket.write(SETTINGS_ACK)
        if (type === RST_STREAM) throw new Error(`The proxy reset stream ${read31(bytes, at + 5)}`)
        if (type !== HEADERS && type !== CONTINUATION) return PASS
        frames.push(Buffer.from(bytes.subarray(at, end)))
        if (block.push(bytes, at, end) !== 'complete') return PASS
        const fields = new HeaderList()
        if (decoder.decode(block.bytes, block.from, block.to, fields) !== 'ok') throw new Error('A block cannot be read')
        blocks.push(fields)
        return PASS
      },
      onData: () => {},
      onPass: () => {}
    })
    socket.write(settings(own))
    socket.on('data', (bytes: Buffer) => {
      const skipped = Math.min(preface, bytes.length)
      preface -= skipped
      if (skipped < bytes.length) reader.push(bytes, skipped, bytes.length)
    })
  })
  const until: RecordingApp['until'] = async holds => {
    while (!holds()) await new Promise(resolve => setTimeout(resolve, 2))
  }
  return { port, frames, blocks, until }
}
