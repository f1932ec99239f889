import { bodyOf } from './marked-bytes.ts'
import { INTERCEPTED_IDS } from './fuzz-case.ts'
import type { Random } from './random.ts'

const METHODS = ['GET', 'GET', 'GET', 'POST', 'POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'M-SEARCH', 'CONNECT']
const [MARIA, OMAR] = INTERCEPTED_IDS

const ROUTING: readonly string[] = [
  `x-waylay-id: ${MARIA}`, `X-Waylay-Id:${MARIA}`, `x-waylay-id: \t${MARIA} \t`, `X-WAYLAY-ID: ${OMAR}`,
  `baggage: waylay-id=${MARIA}`, `Baggage: a=b, waylay-id=${OMAR};p=1, c=d`, `baggage: a=b\r\nbaggage: waylay-id = ${MARIA}`,
  'baggage: waylay-id=%6daria-12345678', `x-waylay-id: someone-else\r\nx-waylay-id: ${MARIA}`,
  `x-waylay-id: ${MARIA}\r\nBaggage: tenant=a;p=1 `, `baggage: a=b\r\nx-waylay-id: ${OMAR}\r\nbaggage:`,
  `x-waylay-id: ${MARIA}\r\nbaggage: a=b,\r\nbagGAGE:\t c=d ,`, `x-waylay-id: ${MARIA}\r\nbaggage: waylay-id=%zz%FF`
]
const NEARLY_ROUTING: readonly string[] = [
  'x-waylay-id: maria-1234567', `x-waylay-id: ${MARIA}x`, `x-waylay-id: ${MARIA}, ${OMAR}`, `x-waylay-idx: ${MARIA}`,
  `x-waylay-id: ${MARIA}\r\nConnection: X-Waylay-Id`, `connection: a, x-waylay-id ,b\r\nx-waylay-id: ${OMAR}`,
  `baggage: waylay-idx=${MARIA}`, `baggage: x;waylay-id=${MARIA}`, `x-waylay-id: ${MARIA}\r\nuser-agent: kube-probe/1.34`,
  `x-waylay-id: ${MARIA.toUpperCase()}`, `baggage: waylay-id=${MARIA}\r\nconnection: baggage`, 'x-waylay-id:', 'baggage: ,=,;',
  'x-waylay-id: caf\xc3\xa9, "x"\\', 'x-waylay-id: caf\xe9', 'x-waylay-id: a\x01;b%2C+', `x-waylay-id: ${MARIA}\r\nbaggages: a=b`,
  `x-waylay-id: ${MARIA}x\r\nbaggage: ${Array.from({ length: 63 }, (_, at) => `k${at}=v`).join()}`, `x-waylay-id: ${MARIA}\r\nbaggage: ${'k=v,'.repeat(64)}`,
  `x-waylay-id: ${MARIA}x\r\nbaggage: a=${'x'.repeat(8100)}`, `x-waylay-id: ${MARIA}\r\nx-long: ${'l'.repeat(8060)}`,
  ...[95, 96, 97, 98].map(count => `x-waylay-id: ${MARIA}${'\r\nx: y'.repeat(count)}`),
  `x-waylay-id: ${MARIA}${'\r\nx: y'.repeat(120)}\r\nbaggage: a=b`
]
const HARMLESS: readonly string[] = [
  'Accept: */*', 'x-empty:', 'x-tabs:\ta\tb\t', 'Content-Type: multipart/form-data; boundary=x', 'Cookie: a=b; c="d"',
  'x-utf8: gr\xc3\xbc\xc3\x9fe', 'x-obs: \x80\xff\xfe', 'Connection: keep-alive', 'Connection: close', 'TE: trailers',
  'Expect: 100-continue', 'Connection: Upgrade\r\nUpgrade: websocket', 'Upgrade: h2c', 'Keep-Alive: timeout=5', 'Via: 1.0 x',
  'Origin: https://a.example\r\nAccess-Control-Request-Method: PUT', `x-long: ${'l'.repeat(3000)}`, 'x-colons: a:b::c'
]
/** Shapes with which requests are smuggled past one of two readers. */
const TWISTED: readonly string[] = [
  'Content-Length: 5\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 5', 'Content-Length: 3\r\nContent-Length: 4',
  'Content-Length: 3\r\nContent-Length: 3', 'Content-Length: 3, 3', 'Content-Length: +3', 'Content-Length: -1', 'Content-Length: 0x3',
  'Content-Length: 3 ', 'Content-Length:', 'Content-Length: 0000000000000003', 'Content-Length: 000000000000003', 'Content-Length : 3',
  'Content-Length: 99999999999999999999', 'Content-Length\t: 3', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: identity',
  'Transfer-Encoding: xchunked', 'Transfer-Encoding: Chunked', 'Transfer-Encoding:\x0bchunked', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding : chunked', 'Transfer_Encoding: chunked', 'x: y\r\n folded: z', 'x: y\r\n\tContent-Length: 3', 'x: a\nContent-Length: 3',
  'x: a\rb', 'x: a\0b', 'x\0: a', 'Host: other', 'Host : shop', ': nothing', 'no colon here', ' x: leading', 'x y: space', 'x\x7f: a', 'x: \x01\x7f',
  `x-waylay-id : ${MARIA}`, `x\r\n x-waylay-id: ${MARIA}`, `x: y\nx-waylay-id: ${MARIA}`, 'x@y: z', '\xe9: z', `x: ${'y'.repeat(70_000)}`
]
const TWISTED_LINES: readonly string[] = [
  'GET  / HTTP/1.1', 'GET /a b HTTP/1.1', 'GET / HTTP/1.2', 'GET / HTTP/2.0', 'GET / http/1.1', 'GET /', 'GET / HTTP/1.1 ', '\r\nGET / HTTP/1.1',
  ' GET / HTTP/1.1', 'G(T / HTTP/1.1', 'GET\t/\tHTTP/1.1', 'GET / HTTP/1.1\x0b', 'GET /\xe9 HTTP/1.1', 'GET /\x7f HTTP/1.1', 'GET / HTTP/01.1',
  `${'M'.repeat(32)} / HTTP/1.1`, `${'M'.repeat(33)} / HTTP/1.1`, 'GET / HTTP/0.9', 'GET / HTTP/1.10', 'GET /\0 HTTP/1.1', '* * HTTP/1.1', 'GET'
]

export type RequestOptions = {
  /** Part of the target, so that no two requests of a run are the same. */
  readonly name: string
  readonly twisted: boolean
  readonly bodyBytes: number
}

/** Writes one request, well-formed unless it is twisted; latin1. */
export function generateRequest (random: Random, { name, twisted, bodyBytes }: RequestOptions): Buffer {
  const method = random.pick(METHODS)
  const version = random.chance(0.1) ? '1.0' : '1.1'
  const target = method === 'CONNECT'
    ? `${name.replaceAll('/', '-')}:443`
    : random.pick([`/${name}`, `/${name}`, `/${name}?q=%20&x=1`, `http://shop.example/${name}`, `//${name}/../x`])
  const line = twisted && random.chance(0.3) ? random.pick(TWISTED_LINES) : `${method} ${target} HTTP/${version}`
  const lines = version === '1.0' && random.chance(0.3) ? [] : [random.pick(['Host: shop', 'host:shop.example:8080', 'HOST: \t'])]
  if (random.chance(0.5)) lines.push(random.pick(ROUTING))
  if (random.chance(0.1)) lines.push(random.pick(NEARLY_ROUTING))
  for (let count = random.below(4); count > 0; count--) lines.push(random.pick(HARMLESS))
  if (twisted) lines.push(random.pick(TWISTED))
  const body = random.chance(0.45) ? generateBody(random, { name, bodyBytes, chunked: version === '1.1' && random.chance(0.5), twisted }) : NO_BODY
  if (body.line !== undefined) lines.push(body.line)
  return Buffer.concat([Buffer.from(`${[line, ...shuffle(random, lines)].join('\r\n')}\r\n\r\n`, 'latin1'), body.bytes])
}

type GeneratedBody = { readonly line: string | undefined, readonly bytes: Buffer }
const NO_BODY: GeneratedBody = { line: undefined, bytes: Buffer.alloc(0) }

function generateBody (random: Random, { name, bodyBytes, chunked, twisted }: {
  readonly name: string, readonly bodyBytes: number, readonly chunked: boolean, readonly twisted: boolean
}): GeneratedBody {
  const content = bodyOf(name, bodyBytes)
  if (!chunked) return { line: `${random.pick(['Content-Length', 'content-length'])}: ${content.length}`, bytes: content }
  return { line: 'Transfer-Encoding: chunked', bytes: writeChunks(random, content, twisted) }
}

const EXTENSIONS = ['', '', '', ';a', ';a=b', ';x="\\"q"', `;l=${'e'.repeat(300)}`]
const TWISTED_SIZES = ['5 ', '5 ; a', 'g', '-1', '0x5', '20000000000000', 'fffffffffffffff', '1000000000000000', '', '5;\n', '5\n', '5;\0', '1f\x0b', '5 x', '+5']
const TRAILERS = ['', '', `x-waylay-id: ${MARIA}\r\n`, 'Content-Length: 5\r\nx: y\r\n']
const TWISTED_TRAILERS = [' folded\r\n', 'x: y\n', 'no colon\r\n', 'x: \0\r\n', 'x : y\r\n']

/** A body in chunks of any sizes. */
export function writeChunks (random: Random, content: Buffer, twisted: boolean): Buffer {
  const pieces: Buffer[] = []
  let at = 0
  while (at < content.length) {
    const size = Math.min(content.length - at, random.chance(0.5) ? random.between(1, 40) : random.between(1, 100_000))
    const digits = size.toString(16)
    const line = random.chance(0.2) ? digits.toUpperCase().padStart(random.between(1, 15), '0') : digits
    const wrong = twisted && random.chance(0.3) ? random.pick(TWISTED_SIZES) : undefined
    pieces.push(Buffer.from(`${wrong ?? line}${random.pick(EXTENSIONS)}\r\n`, 'latin1'), content.subarray(at, at + size), CRLF)
    at += size
    if (pieces.length > 600) break
  }
  if (at < content.length) {
    pieces.push(Buffer.from(`${(content.length - at).toString(16)}\r\n`, 'latin1'), content.subarray(at), CRLF)
  }
  const trailers = twisted && random.chance(0.3) ? random.pick(TWISTED_TRAILERS) : random.pick(TRAILERS)
  return Buffer.concat([...pieces, Buffer.from(`${random.pick(['0', '0', '000'])}${random.pick(EXTENSIONS)}\r\n${trailers}\r\n`, 'latin1')])
}

const CRLF = Buffer.from('\r\n', 'latin1')

function shuffle <T> (random: Random, values: readonly T[]): T[] {
  const left = [...values]
  const shuffled: T[] = []
  while (left.length > 0) shuffled.push(...left.splice(random.below(left.length), 1))
  return shuffled
}
