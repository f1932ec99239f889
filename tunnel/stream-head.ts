import type { Duplex } from 'node:stream'
import { MAX_HEAD_BYTES } from './constants.ts'
import type { StreamHead, StreamReply } from './control-messages.ts'
import { ProtocolViolation } from './errors.ts'
import { readCode, readFlag, readPort, readText, toFields } from './fields.ts'
import { readFirstMessage } from './first-message.ts'
import { encodeMessage, MessageReader } from './length-prefix.ts'

const OK_REPLY = encodeMessage({ ok: true })

/** To be written together with the request's first bytes, in one tick: then all of it is one frame. */
export function encodeStreamHead (head: StreamHead): Buffer {
  return encodeMessage(head)
}

export function encodeStreamReply (reply: StreamReply): Buffer {
  return reply.ok ? OK_REPLY : encodeMessage(reply)
}

/**
 * Waits for the head of a stream that the proxy opened. The stream is paused afterwards; `rest` are the bytes that came
 * right behind the head and belong before everything the stream yields.
 *
 * @throws {WaylayError} `WAYLAY_TUNNEL_PROTOCOL` no head of ours; `WAYLAY_TUNNEL_FAILED` the stream ended before it
 */
export async function readStreamHead (stream: Duplex): Promise<{ readonly head: StreamHead, readonly rest: Buffer }> {
  const { message, rest } = await readFirstMessage(stream, parseStreamHead)
  return { head: message, rest }
}

export type HeadParser = {
  /** Undefined: not complete yet. Not to be called again after a result. @throws {ProtocolViolation} */
  push (chunk: Buffer): { readonly head: StreamHead, readonly rest: Buffer } | undefined
}

export type ReplyParser = {
  /** Undefined: not complete yet. Not to be called again after a result. @throws {ProtocolViolation} */
  push (chunk: Buffer): { readonly reply: StreamReply, readonly rest: Buffer } | undefined
}

export function createHeadParser (): HeadParser {
  const reader = new MessageReader(MAX_HEAD_BYTES)
  return {
    push: chunk => {
      reader.add(chunk)
      const next = reader.next()
      return next && { head: parseStreamHead(next.message), rest: reader.takeRest() }
    }
  }
}

export function createReplyParser (): ReplyParser {
  let reader: MessageReader | undefined
  return {
    push: chunk => {
      // Nearly always the first chunk begins with a whole "ok": no parsing, no reader.
      if (reader === undefined && chunk.subarray(0, OK_REPLY.length).equals(OK_REPLY)) {
        return { reply: { ok: true }, rest: chunk.subarray(OK_REPLY.length) }
      }
      reader ??= new MessageReader(MAX_HEAD_BYTES)
      reader.add(chunk)
      const next = reader.next()
      return next && { reply: parseStreamReply(next.message), rest: reader.takeRest() }
    }
  }
}

function parseStreamHead (value: unknown): StreamHead {
  const fields = toFields(value)
  const protocol = readText(fields, 'protocol')
  if (protocol !== 'http/1.1' && protocol !== 'h2c' && protocol !== 'tcp') {
    throw new ProtocolViolation(`Unknown stream protocol ${protocol}`)
  }
  const caller = toFields(fields['caller'])
  return {
    intercept: readText(fields, 'intercept'),
    port: readPort(fields, 'port'),
    protocol,
    caller: { address: readText(caller, 'address'), port: readPort(caller, 'port') }
  }
}

function parseStreamReply (value: unknown): StreamReply {
  const fields = toFields(value)
  if (readFlag(fields, 'ok')) return { ok: true }
  return { ok: false, code: readCode(fields, 'code'), message: readText(fields, 'message') }
}
