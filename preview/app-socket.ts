import { Socket } from 'node:net'

type Written = (error?: Error | null) => void

/** How long an app may say nothing before the kernel asks whether its machine is there at all. */
const SILENT_MS = 60_000
/** Whoever closes with bytes unread says so. */
const CLOSED = new Set(['EPIPE', 'ECONNRESET'])

/**
 * A connection to an app. Node ends one where a write fails, and what had come by then is lost: the answer by which an
 * app refuses an upload. This one drops what the app takes no more, and reads to the end.
 */
class AppSocket extends Socket {
  #isClosed = false
  #reset: Error | undefined

  constructor () {
    super()
    // The kernel tells of a reset once. Where a write had it, a read finds what an app that is done looks like.
    this.on('error', () => {}).once('end', () => { if (this.#reset !== undefined) this.emit('error', this.#reset) })
  }

  override _write (chunk: unknown, encoding: BufferEncoding, written: Written): void {
    if (this.#isClosed) written()
    else super._write(chunk, encoding, this.#unlessClosed(written))
  }

  override _writev (chunks: Array<{ chunk: unknown, encoding: BufferEncoding }>, written: Written): void {
    if (this.#isClosed) written()
    else super._writev?.(chunks, this.#unlessClosed(written))
  }

  #unlessClosed (written: Written): Written {
    return error => {
      const code = (error as NodeJS.ErrnoException | null | undefined)?.code ?? ''
      this.#isClosed ||= CLOSED.has(code)
      // EPIPE: the app had said all before.
      if (code === 'ECONNRESET') this.#reset = error ?? undefined
      written(this.#isClosed ? null : error)
    }
  }
}

/** Opens a connection to an app. */
export function connectApp (host: string, port: number): Socket {
  return new AppSocket().setNoDelay(true).setKeepAlive(true, SILENT_MS).connect({ host, port })
}
