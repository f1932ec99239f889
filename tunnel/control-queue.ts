import type { Channel } from './channel.ts'
import { MAX_WAITING_ANSWERS } from './constants.ts'
import type { BatchWriter } from './encode.ts'
import { ProtocolViolation } from './errors.ts'
import { Fifo } from './fifo.ts'
import { FLAG, FRAME_TYPE } from './frame.ts'

/** Frames that go before anybody's data: answers to pings, resets, window updates. */
export class ControlQueue {
  readonly #pongs = new Fifo<number>()
  readonly #resets = new Fifo<number>()
  /** A channel stands here once, however often its reader reads, so the open streams bound this one. */
  readonly #credits = new Fifo<Channel>()

  addPong (value: number): void {
    this.#pongs.push(value)
    this.#refuseFlood()
  }

  addReset (streamId: number): void {
    this.#resets.push(streamId)
    this.#refuseFlood()
  }

  addCredit (channel: Channel): void {
    this.#credits.push(channel)
  }

  pull (writer: BatchWriter, limitBytes: number): void {
    while (writer.byteLength <= limitBytes) {
      const value = this.#pongs.shift()
      if (value === undefined) break
      writer.writeHeader(FRAME_TYPE.ping, FLAG.ACK, 0, value)
    }
    while (writer.byteLength <= limitBytes) {
      const streamId = this.#resets.shift()
      if (streamId === undefined) break
      writer.writeHeader(FRAME_TYPE.windowUpdate, FLAG.RST, streamId, 0)
    }
    while (writer.byteLength <= limitBytes) {
      const channel = this.#credits.shift()
      if (channel === undefined) break
      channel.queuedForCredit = false
      channel.writeCredit(writer)
    }
  }

  /** The peer makes us answer and takes no answers: this queue must not become its way to fill our memory. */
  #refuseFlood (): void {
    const waiting = this.#pongs.length + this.#resets.length
    if (waiting > MAX_WAITING_ANSWERS) throw new ProtocolViolation(`${waiting} answers wait, none is taken`)
  }
}
