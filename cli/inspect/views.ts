import type { Field } from '../../http1/fields.ts'
import { decodeBody, textOf } from './decode-body.ts'
import { valueOf, type Exchange } from './exchange.ts'
import type { KeptBytes } from './kept-bytes.ts'
import { isSecretField, MASK, maskBody, maskTarget } from './mask.ts'
import { passedView } from './passed-view.ts'
import type { BodyView, Detail, FieldView, MessageView, Summary } from './view-types.ts'

// The list is told ten times a second of what may be hundreds: one line of it stays one line. Details hold the whole.
const MAX_METHOD_LENGTH = 32
const MAX_TARGET_LENGTH = 1000
const MAX_NOTE_LENGTH = 300

/** One line of the list. */
export function summaryOf (exchange: Exchange): Summary {
  const { id, kind, state, note, origin, method, status, startedAt, marks } = exchange
  return {
    id,
    kind,
    state,
    note,
    intercept: origin.intercept,
    pod: origin.pod,
    caller: origin.caller,
    method: shorten(method, MAX_METHOD_LENGTH),
    target: listedTarget(exchange),
    status,
    ...kind === 'grpc' && grpcOutcomeOf(exchange),
    startedAt,
    marks: { ...marks },
    requestBytes: exchange.requestBody.totalBytes,
    responseBytes: exchange.responseBody.totalBytes,
    contentType: shorten(valueOf(exchange.responseHeaders, 'content-type'), MAX_METHOD_LENGTH * 4),
    replayOf: origin.replayOf
  }
}

/** Everything that is known of one. @param replays ids of those that repeat it. @param showsSecrets hides nothing. */
export function detailOf (exchange: Exchange, replays: readonly number[], showsSecrets: boolean): Detail {
  const { origin, reason, target, frames, messages, passed } = exchange
  const summary = summaryOf(exchange)
  return {
    ...summary,
    method: exchange.method,
    target: showsSecrets ? target : maskTarget(target),
    httpVersion: origin.protocol === 'h2c' ? 'HTTP/2' : 'HTTP/1.1',
    reason,
    developer: origin.developer.address,
    request: messageOf(exchange.requestHeaders, exchange.requestTrailers, exchange.requestBody, showsSecrets),
    ...(exchange.status !== undefined && {
      response: messageOf(exchange.responseHeaders, exchange.responseTrailers, exchange.responseBody, showsSecrets)
    }),
    frames,
    messages,
    passed: passed && { messages: passed.kept.map(one => passedView(exchange, one, showsSecrets)), lost: passed.lost },
    replays
  }
}

/** From the trailers, or of a call that failed at once from the head. */
function grpcOutcomeOf ({ responseTrailers, responseHeaders }: Exchange): Pick<Summary, 'grpcStatus' | 'grpcMessage'> {
  const find = (name: string): string | undefined => valueOf(responseTrailers, name) ?? valueOf(responseHeaders, name)
  const [status, message = ''] = [find('grpc-status'), find('grpc-message')]
  if (status === undefined || !/^\d{1,3}$/.test(status)) return {}
  const said = decode(message).slice(0, MAX_NOTE_LENGTH)
  return {
    grpcStatus: Number(status),
    ...said !== '' && { grpcMessage: isSecretField('grpc-message', said) ? MASK : said }
  }
}

function decode (text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const listedTargets = new WeakMap<Exchange, string>()

/** Looked into once: for a long one that takes milliseconds, and the list is told of each change. */
function listedTarget (exchange: Exchange): string {
  const known = listedTargets.get(exchange)
  if (known !== undefined) return known
  // A copy: a slice would keep the whole.
  const listed = Buffer.from(shorten(maskTarget(exchange.target), MAX_TARGET_LENGTH)).toString()
  listedTargets.set(exchange, listed)
  return listed
}

function shorten<Text extends string | undefined> (text: Text, length: number): Text | string {
  return text === undefined || text.length <= length ? text : `${text.slice(0, length)}…`
}

function messageOf (
  headers: readonly Field[], trailers: readonly Field[], body: KeptBytes, showsSecrets: boolean
): MessageView {
  const view = (field: Field): FieldView => fieldView(field, showsSecrets)
  return { headers: headers.map(view), trailers: trailers.map(view), body: bodyOf(headers, body, showsSecrets) }
}

function fieldView ([name, value, sentName]: Field, showsSecrets: boolean): FieldView {
  return { name: sentName ?? name, value: !showsSecrets && isSecretField(sentName ?? name, value) ? null : value }
}

function bodyOf (headers: readonly Field[], body: KeptBytes, showsSecrets: boolean): BodyView {
  const { totalBytes, isCut, bytes } = body
  const encoding = valueOf(headers, 'content-encoding')
  const contentType = valueOf(headers, 'content-type')
  const shown = encoding === undefined ? bytes : decodeBody(bytes, encoding) ?? bytes
  const plain = textOf(shown, isCut)
  const masked = plain === undefined || showsSecrets ? undefined : maskBody(plain, contentType)
  return {
    totalBytes,
    keptBytes: bytes.length,
    isCut,
    contentType,
    encoding,
    ...(plain === undefined ? { base64: shown.toString('base64') } : { text: masked ?? plain }),
    isHidden: masked !== undefined
  }
}
