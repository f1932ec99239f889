import type { Exchange, Origin } from '../exchange.ts'
import type { ExchangeLog } from '../exchange-log.ts'
import { CALLER_LEFT, type StreamWatch } from '../../intercept/developer/stream-watch.ts'

/** A connection that is no HTTP: only its bytes are seen. */
export class TcpWatch implements StreamWatch {
  readonly #exchange: Exchange

  constructor (log: ExchangeLog, origin: Origin) {
    this.#exchange = log.begin(origin, { method: '', target: '', headers: [] })
  }

  toProgram (bytes: Buffer): void {
    this.#exchange.requestBody.push(bytes)
    this.#exchange.touched()
  }

  connected (): void {
    this.#exchange.sent()
  }

  fromProgram (bytes: Buffer): void {
    this.#exchange.responseBody.push(bytes)
    this.#exchange.touched()
  }

  programEnded (): void {
    this.#exchange.end()
  }

  closed (by: 'caller' | 'program' | 'refused', why?: string): void {
    if (by === 'caller') this.#exchange.end(CALLER_LEFT)
    else this.#exchange.fail(why ?? 'The program reset the connection')
  }
}
