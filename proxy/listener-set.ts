import type { EventEmitter } from 'node:events'

type Listener = (...args: never[]) => void

/** Listeners of one owner, taken off together when the stream changes hands. Others' listeners stay. */
export class ListenerSet {
  readonly #entries: (readonly [EventEmitter, string, Listener])[] = []

  on (emitter: EventEmitter, event: string, listener: Listener): this {
    emitter.on(event, listener as (...args: unknown[]) => void)
    this.#entries.push([emitter, event, listener])
    return this
  }

  clear (): void {
    for (const [emitter, event, listener] of this.#entries) emitter.off(event, listener as (...args: unknown[]) => void)
    this.#entries.length = 0
  }
}
