import { textOf } from './decode-body.ts'
import { valueOf, type Exchange } from './exchange.ts'
import { maskBody } from './mask.ts'
import type { PassedMessage } from './passed-messages.ts'
import type { PassedView } from './view-types.ts'

/** One message as it is shown. @param showsSecrets hides nothing. */
export function passedView (exchange: Exchange, message: PassedMessage, showsSecrets: boolean): PassedView {
  const { number, way, kind, atMs, totalBytes, isCut, isPacked, bytes } = message
  const plain = isPacked ? undefined : textIn(exchange, message)
  const masked = plain === undefined || showsSecrets ? undefined : maskBody(plain)
  return {
    number,
    way,
    kind,
    atMs,
    totalBytes,
    keptBytes: bytes.length,
    isCut,
    isPacked,
    ...(plain === undefined ? { base64: bytes.toString('base64') } : { text: masked ?? plain }),
    isHidden: masked !== undefined
  }
}

/** A message of a WebSocket says what it is, but JSON comes in binary ones too; gRPC says it for all of a call. */
function textIn (exchange: Exchange, { kind, isCut, bytes }: PassedMessage): string | undefined {
  if (kind === 'close') return closeText(bytes)
  if (kind === 'text') return textOf(bytes, isCut) ?? bytes.toString('utf8')
  const isText = bytes.length === 0 || (exchange.kind === 'grpc'
    ? /\+json\b/i.test(valueOf(exchange.requestHeaders, 'content-type') ?? '')
    : /^\s*[{[]/.test(bytes.toString('latin1', 0, 64)))
  return isText ? textOf(bytes, isCut) : undefined
}

/** A number, then why (RFC 6455, 5.5.1). */
function closeText (bytes: Buffer): string {
  return bytes.length < 2 ? '' : `${bytes.readUInt16BE(0)} ${bytes.toString('utf8', 2)}`.trim()
}
