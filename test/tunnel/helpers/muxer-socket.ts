import type { Duplex } from 'node:stream'
import { BatchWriter } from '../../../tunnel/encode.ts'
import { Muxer, type MuxerOptions } from '../../../tunnel/muxer.ts'
import { YamuxStream } from '../../../tunnel/stream.ts'

export type MuxedSocket = {
  readonly muxer: Muxer
  readonly openStream: () => YamuxStream
  /** The first error of the protocol, if any. */
  readonly failure: () => unknown
  /** GoAway codes the peer sent. */
  readonly goAways: number[]
  readonly flush: () => void
}

type SocketOptions = Pick<MuxerOptions, 'role' | 'windowBytes' | 'maxStreams'> & {
  readonly onStream?: (stream: YamuxStream) => void
}

/** Yamux on a Duplex without our carrier frames, as a foreign implementation speaks it. */
export function muxSocket (socket: Duplex, options: SocketOptions): MuxedSocket {
  const writer = new BatchWriter()
  const goAways: number[] = []
  let failure: unknown
  let isScheduled = false
  const flush = (): void => {
    isScheduled = false
    while (!socket.writableNeedDrain && !socket.destroyed) {
      writer.begin(0)
      muxer.pull(writer, 256 * 1024)
      if (writer.byteLength === 0) return
      socket.cork()
      for (const part of writer.take().parts) socket.write(part)
      socket.uncork()
    }
  }
  const muxer = new Muxer({
    ...options,
    onChannel: channel => options.onStream?.(new YamuxStream(channel)),
    onPending: () => {
      if (!isScheduled) setImmediate(flush)
      isScheduled = true
    },
    onGoAway: code => { goAways.push(code) }
  })
  socket.on('drain', flush)
  socket.on('data', (bytes: Buffer) => {
    try {
      muxer.push(bytes)
    } catch (error) {
      failure ??= error
    }
  })
  return { muxer, openStream: () => new YamuxStream(muxer.open()), failure: () => failure, goAways, flush }
}
