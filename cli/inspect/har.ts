import type { Field } from '../../http1/fields.ts'
import { VERSION } from '../../common/version.ts'
import { decodeBody, textOf } from './decode-body.ts'
import { valueOf, type Exchange } from './exchange.ts'
import { isSecretField, MASK, maskBody, maskTarget } from './mask.ts'
import { passedView } from './passed-view.ts'

/** The exchanges as an HTTP archive 1.2 (http://www.softwareishard.com/blog/har-12-spec/). */
export function harOf (exchanges: readonly Exchange[], showsSecrets: boolean): object {
  return JSON.parse([...harPieces(exchanges, showsSecrets)].join('')) as object
}

/** Its JSON, piece by piece: small bodies may unfold into more than one text can hold. */
export function * harPieces (exchanges: readonly Exchange[], showsSecrets: boolean): Generator<string> {
  const head = {
    version: '1.2',
    creator: { name: 'waylay', version: VERSION },
    pages: [],
    ...(!showsSecrets && { comment: `Values that look like secrets are shown as ${MASK}` })
  }
  yield `{"log":${JSON.stringify(head).slice(0, -1)},"entries":[`
  let separator = '\n'
  for (const exchange of exchanges) {
    // It may have made room for others since the first piece.
    if (exchange.kind === 'tcp' || exchange.isForgotten) continue
    yield `${separator}${JSON.stringify(entryOf(exchange, showsSecrets))}`
    separator = ',\n'
  }
  yield '\n]}}\n'
}

function entryOf (exchange: Exchange, showsSecrets: boolean): object {
  const { startedAt, note, origin, marks } = exchange
  const { sentMs = 0, requestEndMs = sentMs, firstByteMs, endMs } = marks
  const firstMs = Math.max(firstByteMs ?? endMs ?? requestEndMs, sentMs)
  // A request may end after its response began; what is waited for then is nothing.
  const sendEndMs = Math.min(Math.max(requestEndMs, sentMs), firstMs)
  const timings = {
    blocked: -1,
    dns: -1,
    connect: sentMs,
    send: sendEndMs - sentMs,
    wait: firstMs - sendEndMs,
    receive: Math.max(0, (endMs ?? firstMs) - firstMs)
  }
  return {
    startedDateTime: new Date(startedAt).toISOString(),
    time: timings.connect + timings.send + timings.wait + timings.receive,
    request: requestOf(exchange, showsSecrets),
    response: responseOf(exchange, showsSecrets),
    cache: {},
    timings,
    ...(note !== undefined && { comment: note }),
    _caller: origin.caller,
    _pod: origin.pod,
    ...(exchange.kind === 'websocket' && { _webSocketMessages: messagesOf(exchange, showsSecrets) }),
    ...(origin.replayOf !== undefined && { _replayOf: origin.replayOf })
  }
}

/** As Chrome writes them. */
function messagesOf (exchange: Exchange, showsSecrets: boolean): readonly object[] {
  const kept = exchange.passed?.kept ?? []
  return kept.filter(({ kind }) => kind === 'text' || kind === 'binary').map(message => {
    const { way, kind, atMs, text, base64 } = passedView(exchange, message, showsSecrets)
    return {
      type: way === 'sent' ? 'send' : 'receive',
      time: (exchange.startedAt + atMs) / 1000,
      opcode: kind === 'text' ? 1 : 2,
      data: kind === 'text' ? text : base64 ?? Buffer.from(text ?? '').toString('base64')
    }
  })
}

function requestOf (exchange: Exchange, showsSecrets: boolean): object {
  const { method, target, origin, requestHeaders, requestBody } = exchange
  const shown = showsSecrets ? target : maskTarget(target)
  const host = valueOf(requestHeaders, 'host') ?? origin.developer.address
  const mimeType = valueOf(requestHeaders, 'content-type') ?? ''
  const body = contentOf(requestBody.bytes, requestHeaders, requestBody.isCut, showsSecrets)
  return {
    method,
    url: shown.startsWith('/') ? `http://${host}${shown}` : shown,
    httpVersion: versionOf(exchange),
    cookies: [],
    headers: headersOf(requestHeaders, showsSecrets),
    queryString: queryOf(shown),
    headersSize: -1,
    bodySize: requestBody.totalBytes,
    ...(requestBody.totalBytes > 0 && {
      postData: { mimeType, text: body.text, ...(body.comment !== undefined && { comment: body.comment }) }
    })
  }
}

function responseOf (exchange: Exchange, showsSecrets: boolean): object {
  const { status = 0, reason, responseHeaders, responseBody } = exchange
  const location = valueOf(responseHeaders, 'location') ?? ''
  return {
    status,
    statusText: reason,
    httpVersion: versionOf(exchange),
    cookies: [],
    headers: headersOf(responseHeaders, showsSecrets),
    content: {
      size: responseBody.totalBytes,
      mimeType: valueOf(responseHeaders, 'content-type') ?? '',
      ...contentOf(responseBody.bytes, responseHeaders, responseBody.isCut, showsSecrets)
    },
    redirectURL: showsSecrets ? location : maskTarget(location),
    headersSize: -1,
    bodySize: responseBody.totalBytes
  }
}

type Content = { readonly text: string, readonly encoding?: 'base64', readonly comment?: string }

function contentOf (bytes: Buffer, headers: readonly Field[], isCut: boolean, showsSecrets: boolean): Content {
  const coding = valueOf(headers, 'content-encoding')
  const shown = coding === undefined ? bytes : decodeBody(bytes, coding) ?? bytes
  const text = textOf(shown, isCut)
  const comment = isCut ? { comment: `cut after ${bytes.length} bytes` } : {}
  if (text === undefined) return { text: shown.toString('base64'), encoding: 'base64', ...comment }
  const masked = showsSecrets ? undefined : maskBody(text, valueOf(headers, 'content-type'))
  return { text: masked ?? text, ...comment }
}

function headersOf (headers: readonly Field[], showsSecrets: boolean): readonly object[] {
  return headers.map(([name, value, sentName]) =>
    ({ name: sentName ?? name, value: !showsSecrets && isSecretField(sentName ?? name, value) ? MASK : value }))
}

function queryOf (target: string): readonly object[] {
  const at = target.indexOf('?')
  if (at === -1) return []
  return [...new URLSearchParams(target.slice(at + 1))].map(([name, value]) => ({ name, value }))
}

function versionOf ({ origin }: Exchange): string {
  return origin.protocol === 'h2c' ? 'HTTP/2.0' : 'HTTP/1.1'
}
