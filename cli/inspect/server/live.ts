import type { ServerResponse } from 'node:http'
import type { ExchangeLog } from '../exchange-log.ts'
import type { Change } from '../view-types.ts'
import { summaryOf } from '../views.ts'
import { SAFE_HEADERS } from './reply.ts'

/** What happens within it is told at once: with thousands of requests a second, a page draws ten times. */
const COLLECT_MS = 100
const KEEP_ALIVE_MS = 15_000

/** Tells open pages what happens in the log, as an event stream. With none it listens to nothing. */
export class Live {
  readonly #log: ExchangeLog
  readonly #pages = new Set<ServerResponse>()
  readonly #changed = new Set<number>()
  readonly #dropped = new Set<number>()
  #offLog = (): void => {}
  #collecting: NodeJS.Timeout | undefined
  #keepingAlive: NodeJS.Timeout | undefined

  constructor (log: ExchangeLog) {
    this.#log = log
  }

  /** How many are open. */
  get pages (): number {
    return this.#pages.size
  }

  /** Holds the response open until the page leaves. */
  add (page: ServerResponse): void {
    page.writeHead(200, { ...SAFE_HEADERS, 'content-type': 'text/event-stream' })
    page.write('retry: 1000\n\n')
    if (this.#pages.size === 0) this.#start()
    this.#pages.add(page)
    page.on('close', () => {
      this.#pages.delete(page)
      if (this.#pages.size === 0) this.#stop()
    })
  }

  /** Tells the pages that it is over. */
  close (): void {
    this.#flush()
    for (const page of this.#pages) page.end('event: ended\ndata: {}\n\n')
    this.#stop()
  }

  #start (): void {
    this.#offLog = this.#log.listen({
      changed: ({ id }) => { this.#collect(this.#changed, id) },
      dropped: id => { this.#collect(this.#dropped, id) }
    })
    this.#keepingAlive = setInterval(() => { this.#write(': still here\n\n') }, KEEP_ALIVE_MS).unref()
  }

  #stop (): void {
    this.#offLog()
    clearInterval(this.#keepingAlive)
    clearTimeout(this.#collecting)
    this.#collecting = undefined
    this.#changed.clear()
    this.#dropped.clear()
  }

  #collect (into: Set<number>, id: number): void {
    into.add(id)
    this.#collecting ??= setTimeout(() => { this.#flush() }, COLLECT_MS).unref()
  }

  #flush (): void {
    this.#collecting = undefined
    if (this.#changed.size + this.#dropped.size === 0) return
    const change: Change = {
      changed: [...this.#changed].map(id => this.#log.get(id)).filter(found => found !== undefined).map(summaryOf),
      dropped: [...this.#dropped]
    }
    this.#changed.clear()
    this.#dropped.clear()
    this.#write(`data: ${JSON.stringify(change)}\n\n`)
  }

  #write (text: string): void {
    for (const page of this.#pages) {
      // A page that reads nothing must not pile up what it is told. It asks again for all of it when it is back.
      if (page.writableLength > MAX_WAITING_BYTES) page.destroy()
      else page.write(text)
    }
  }
}

const MAX_WAITING_BYTES = 4 * 1024 * 1024
