import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'

/** For what is already on its way to accept() when the kernel is told to send no more. */
const RESERVE = 512

/**
 * Tells when this process is about to run out of file descriptors. Past the limit libuv accepts and closes callers by
 * itself, and nobody hears of it: so there must be an earlier mark.
 */
export class Descriptors {
  readonly mark: number
  readonly #count: () => number
  #isPast = false

  /** @param limit the highest number of open descriptors. @param count how many are open; slow. */
  constructor (limit = readLimit(), count = countOpen) {
    this.mark = Math.floor(Math.max(limit * 0.5, Math.min(limit * 0.9, limit - RESERVE)))
    this.#count = count
  }

  /**
   * To be asked for every accepted socket. A new descriptor is the lowest number that is free (POSIX, open), so one
   * past the mark means that as many are open: no counting is needed.
   */
  isPast (socket: Socket): boolean {
    const { fd = -1 } = (socket as unknown as { readonly _handle?: { readonly fd?: number } | null })._handle ?? {}
    if (fd < this.mark) return false
    this.#isPast = true
    return true
  }

  /** Whether the mark was passed and there is no room again. Counts only while it was. Else it costs 5 µs. */
  isStrained (): boolean {
    // The whole machine may run out too (ENFILE), however few we have; of that also libuv says nothing.
    if (!canOpen()) this.#isPast = true
    // Holes below the mark appear with the first caller who leaves, so now they must be counted.
    if (this.#isPast) this.#isPast = this.#count() > this.mark * 0.9
    return this.#isPast
  }
}

/** Node raises its soft limit to the hard one when it starts. */
function readLimit (): number {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return Number.isInteger(Number(soft)) ? Number(soft) : Infinity
  } catch {
    return Infinity
  }
}

function canOpen (): boolean {
  try {
    closeSync(openSync('/dev/null', 'r'))
    return true
  } catch (error) {
    return !isExhausted(error)
  }
}

function isExhausted (error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes((error as NodeJS.ErrnoException).code ?? '')
}

function countOpen (): number {
  try {
    return readdirSync('/proc/self/fd').length
  } catch (error) {
    // Reading the folder needs a descriptor too.
    return isExhausted(error) ? Infinity : 0
  }
}
