import { DEFAULT_WINDOW_BYTES } from '../../http2/frame.ts'
import { PREFACE } from '../../http2/preface.ts'
import { ENABLE_PUSH, HEADER_TABLE_SIZE, INITIAL_WINDOW_SIZE } from '../../http2/settings.ts'
import { settings, windowUpdate } from '../../http2/write-frames.ts'
import { DeveloperLink, type LinkListener } from '../developer-link.ts'
import type { Route } from '../routes.ts'
import { STREAM_WINDOW_BYTES } from './diverted-stream.ts'

/** What we let a program send on all streams before the caller has taken it. */
export const CONNECTION_WINDOW_BYTES = 4 * 1024 * 1024

export type PeerHead = { readonly port: number, readonly caller: { readonly address: string, readonly port: number } }

const OPENING = Buffer.concat([
  PREFACE,
  settings([[HEADER_TABLE_SIZE, 0], [ENABLE_PUSH, 0], [INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES]]),
  windowUpdate(0, CONNECTION_WINDOW_BYTES - DEFAULT_WINDOW_BYTES)
])

/** The stream of a developer's session under an HTTP/2 connection to their program. */
export class PeerLink {
  readonly #link: DeveloperLink

  /** @throws when the developer's session is gone. */
  constructor (route: Route, head: PeerHead, listener: LinkListener) {
    this.#link = new DeveloperLink(route, { port: head.port, protocol: 'h2c', caller: head.caller })
    this.#link.listen(listener)
    this.#link.stream.write(OPENING)
  }

  get needsDrain (): boolean {
    return this.#link.stream.writableNeedDrain
  }

  /** What the session has not taken yet. */
  get waitingBytes (): number {
    return this.#link.stream.writableLength
  }

  write (bytes: Buffer): void {
    this.#link.write(bytes)
  }

  setPaused (paused: boolean): void {
    if (paused) this.#link.stream.pause()
    else this.#link.stream.resume()
  }

  retire (): void {
    this.#link.retire()
  }

  abort (): void {
    this.#link.abort()
  }
}
