import type { Duplex } from 'node:stream'
import { AppConnection } from './app-connection.ts'

export type AppConnectionsDeps = {
  /** Opens a new one. Throws a WaylayError. */
  readonly dial: () => Promise<{ readonly stream: Duplex, readonly pod: string }>
  /** Whether a connection to this pod is still wanted. */
  readonly isWanted: (pod: string) => boolean
  readonly nowMs?: () => number
}

/** A browser's connections come and go; the app's stay a while, because each costs a port-forward. */
const MAX_SPARE = 16
const SPARE_MS = 30_000
/** Servers end idle connections, some after 2 s: what cannot be sent twice goes where that is not about to happen. */
const FRESH_MS = 1000

/** Open connections to the app that no turn uses. */
export class AppConnections {
  readonly #deps: AppConnectionsDeps
  readonly #free: AppConnection[] = []
  readonly #all = new Set<AppConnection>()
  readonly #sweep: NodeJS.Timeout
  #callers = 0

  constructor (deps: AppConnectionsDeps) {
    this.#deps = deps
    this.#sweep = setInterval(() => { this.#dropOld() }, SPARE_MS / 3).unref()
  }

  /** A caller's connection came (1) or went (-1): each may keep one of the app's. */
  addCaller (change: 1 | -1): void {
    this.#callers += change
  }

  /**
   * The one that was used last.
   *
   * @param isRepeatable whether the request may be sent again if that one is just ending.
   */
  take (isRepeatable: boolean): AppConnection | undefined {
    for (let connection = this.#free.at(-1); connection !== undefined; connection = this.#free.at(-1)) {
      const freeMs = this.#freeMs(connection)
      const isGood = !connection.isOver && freeMs <= SPARE_MS && this.#deps.isWanted(connection.pod)
      if (isGood && !isRepeatable && freeMs > FRESH_MS) return undefined
      this.#free.pop()
      if (isGood) return connection
      connection.destroy()
    }
    return undefined
  }

  /** @throws {WaylayError} */
  async dial (): Promise<AppConnection> {
    const { stream, pod } = await this.#deps.dial()
    const connection = new AppConnection(stream, pod, over => { this.#forget(over) })
    if (!connection.isOver) this.#all.add(connection)
    return connection
  }

  /**
   * Opens one ahead of the first request, so that what keeps the way shut is known now.
   *
   * @throws {WaylayError}
   */
  async warm (): Promise<void> {
    this.#keep(await this.dial())
  }

  /** A turn is over, and the connection good for another one. */
  give (connection: AppConnection): void {
    connection.use(undefined)
    this.#keep(connection)
  }

  /** Ends the free ones to pods that are not wanted any more. */
  dropUnwanted (): void {
    for (const connection of [...this.#free]) if (!this.#deps.isWanted(connection.pod)) connection.destroy()
  }

  stop (): void {
    clearInterval(this.#sweep)
    for (const connection of this.#all) connection.destroy()
  }

  #keep (connection: AppConnection): void {
    connection.freeSinceMs = this.#nowMs()
    if (connection.isOver || this.#free.length >= this.#callers + MAX_SPARE) connection.destroy()
    else {
      connection.resume()
      this.#free.push(connection)
    }
  }

  #dropOld (): void {
    this.dropUnwanted()
    for (const connection of [...this.#free]) {
      if (this.#freeMs(connection) > SPARE_MS) connection.destroy()
    }
  }

  #forget (connection: AppConnection): void {
    this.#all.delete(connection)
    const index = this.#free.indexOf(connection)
    if (index !== -1) this.#free.splice(index, 1)
  }

  // By the wall clock: the other one stands still while the machine sleeps, and what was open then is dead.
  #nowMs (): number {
    return this.#deps.nowMs?.() ?? Date.now()
  }

  #freeMs ({ freeSinceMs }: AppConnection): number {
    return Math.abs(this.#nowMs() - freeSinceMs)
  }
}
