import type { Duplex } from 'node:stream'
import { WaylayError } from '../common/errors.ts'
import type { DialHead, StreamReply } from './control-messages.ts'
import { ProtocolViolation } from './errors.ts'
import { readCode, readFlag, readPort, readText, toFields } from './fields.ts'
import { readFirstMessage } from './first-message.ts'
import { encodeMessage } from './length-prefix.ts'

/** A DNS name has no more, and an IP address far less. */
const MAX_HOST_LENGTH = 253
// Anything else can be no name, and would stand in logs.
const HOST = /^[A-Za-z0-9._:-]+$/

/**
 * Reads what a stream asks for that the CLI opened.
 *
 * @throws {WaylayError} `WAYLAY_TUNNEL_PROTOCOL`, `WAYLAY_TUNNEL_FAILED`
 */
export async function readDialHead (stream: Duplex): Promise<DialHead['dial'] & { readonly rest: Buffer }> {
  const { message, rest } = await readFirstMessage(stream, parseDialHead)
  return { ...message, rest }
}

/**
 * Asks the proxy, on a stream that was just opened, to be connected with a host. Resolves when the connection stands;
 * `rest` is what came right behind the proxy's word. The stream is paused, or destroyed where it failed.
 *
 * @throws {WaylayError} what the proxy says, `WAYLAY_EGRESS_FORBIDDEN` and the `WAYLAY_REACH_` codes among it
 */
export async function requestDial (stream: Duplex, host: string, port: number): Promise<Buffer> {
  const head: DialHead = { dial: { host, port } }
  // Whoever waits hears of it by the promise; after that the stream is theirs.
  stream.on('error', () => {})
  stream.write(encodeMessage(head))
  try {
    const { message, rest } = await readFirstMessage(stream, parseReply)
    if (message.ok) return rest
    throw new WaylayError(message.code, message.message)
  } catch (error) {
    stream.destroy()
    throw error
  }
}

function parseDialHead (value: unknown): DialHead['dial'] {
  const dial = toFields(toFields(value)['dial'])
  const host = readText(dial, 'host')
  if (host.length > MAX_HOST_LENGTH || !HOST.test(host)) throw new ProtocolViolation('The host to dial can be none')
  return { host, port: readPort(dial, 'port') }
}

function parseReply (value: unknown): StreamReply {
  const fields = toFields(value)
  if (readFlag(fields, 'ok')) return { ok: true }
  return { ok: false, code: readCode(fields, 'code'), message: readText(fields, 'message') }
}
