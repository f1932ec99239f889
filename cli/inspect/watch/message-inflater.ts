import { constants, inflateRawSync } from 'node:zlib'

/** Of one message, as it unfolds. */
const MAX_INFLATED_BYTES = 1024 * 1024
const WINDOW_BYTES = 32 * 1024
/** What a sender cuts off each message. */
const TAIL = Buffer.from([0, 0, 0xff, 0xff])

/** Unfolds the messages of one direction of a WebSocket with permessage-deflate (RFC 7692). */
export class MessageInflater {
  readonly #keepsWindow: boolean
  /** What the next message may refer to; undefined: it is not known any more. */
  #window: Buffer | undefined = Buffer.alloc(0)

  /** @param keepsWindow whether a message may refer to those before it. */
  constructor (keepsWindow: boolean) {
    this.#keepsWindow = keepsWindow
  }

  /** Has to see every message, in order. @returns undefined where it cannot be read. */
  inflate (bytes: Buffer, isCut: boolean): Buffer | undefined {
    const dictionary = this.#window
    if (dictionary === undefined) return undefined
    const message = isCut ? undefined : inflateMessage(bytes, dictionary)
    if (!this.#keepsWindow) return message
    this.#window = message && Buffer.from(Buffer.concat([dictionary, message]).subarray(-WINDOW_BYTES))
    return message
  }
}

function inflateMessage (bytes: Buffer, dictionary: Buffer): Buffer | undefined {
  try {
    return inflateRawSync(Buffer.concat([bytes, TAIL]), {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_INFLATED_BYTES,
      ...dictionary.length > 0 && { dictionary }
    })
  } catch {
    return undefined
  }
}

/**
 * By what the program agreed to in `Sec-WebSocket-Extensions`.
 *
 * @returns undefined where messages pass as they are.
 */
export function inflatersOf (
  extensions: string
): { readonly sent: MessageInflater, readonly received: MessageInflater } | undefined {
  if (!/^\s*permessage-deflate\s*(?:;|,|$)/i.test(extensions)) return undefined
  return {
    sent: new MessageInflater(!/\bclient_no_context_takeover\b/i.test(extensions)),
    received: new MessageInflater(!/\bserver_no_context_takeover\b/i.test(extensions))
  }
}
