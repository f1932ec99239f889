import { bodyOf } from './marked-bytes.ts'
import type { Recipe } from './fuzz-case.ts'
import { valuesOf, type ReferenceField } from './reference-fields.ts'
import type { ReferenceRequest } from './reference-request.ts'

/**
 * What follows an answer on its connection. `next`: another request; `ends`: nothing, and it said so; `upgrade`:
 * another protocol; `doubt`: nobody can tell.
 */
export type Effect = 'next' | 'ends' | 'upgrade' | 'malformed' | 'truncated' | 'silence' | 'reset' | 'doubt'

/** A whole answer of a scripted program. */
export type Answer = {
  readonly bytes: Buffer
  readonly interims: readonly number[]
  readonly status: number
  readonly reason: string
  readonly fields: readonly ReferenceField[]
  readonly content: Buffer
  readonly effect: Effect
  /** Whether the program ends its side behind it. */
  readonly thenEnds: boolean
  /** Bytes that nobody asked for; sent with the last of it. */
  readonly extra: Buffer
}

/** @param name whose answer it is. */
export function buildAnswer (recipe: Recipe, request: ReferenceRequest, name: string): Answer {
  const content = bodyOf(name, recipe.bodyBytes)
  switch (shapeFor(recipe, request)) {
    case 'upgrade': return upgrade(request, name)
    case 'garbage': return whole(`HTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n${name}`, 'malformed')
    case 'conflict': return whole(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n<${name}>`, 'malformed')
    case 'truncated': {
      const head = `HTTP/1.1 200 OK\r\nx-name: ${name}\r\nContent-Length: ${content.length + 10}\r\n\r\n`
      return { ...whole(head, 'truncated'), bytes: Buffer.concat([latin1(head), content]), thenEnds: true }
    }
    case 'silent-close': return { ...whole('', 'silence'), thenEnds: true }
    case 'reset': return whole('', 'reset')
    case 'no-content': return framed(recipe, request, { name, status: 204, framing: [], body: NOTHING, content: NOTHING })
    case 'not-modified':
      return framed(recipe, request, { name, status: 304, framing: [['ETag', '"1"']], body: NOTHING, content: NOTHING })
    case 'chunked': {
      const framing: ReferenceField[] = [['Transfer-Encoding', 'chunked'], ['Trailer', 'x-sum']]
      return framed(recipe, request, { name, status: recipe.status, framing, body: inChunks(content), content })
    }
    case 'until-close': {
      const answer = framed(recipe, request, { name, status: recipe.status, framing: [], body: content, content })
      return { ...answer, effect: 'ends', thenEnds: true, extra: NOTHING }
    }
    case 'length': {
      const framing: ReferenceField[] = [['Content-Length', String(content.length)]]
      return framed(recipe, request, { name, status: recipe.status, framing, body: content, content })
    }
  }
}

// What makes no sense for this request becomes a plain answer.
function shapeFor (recipe: Recipe, request: ReferenceRequest): Exclude<Recipe['shape'], 'refuse' | 'gone'> {
  const { shape } = recipe
  if (request.method === 'CONNECT' && (recipe.status < 300 || shape === 'upgrade')) return 'upgrade'
  if (request.method === 'CONNECT' && ['no-content', 'conflict', 'truncated'].includes(shape)) return 'length'
  if (shape === 'upgrade' && valuesOf(request.fields, 'upgrade').length === 0) return 'length'
  if (shape === 'chunked' && request.version === '1.0') return 'length'
  if (request.method === 'HEAD' && ['until-close', 'truncated', 'conflict'].includes(shape)) return 'length'
  return shape === 'refuse' || shape === 'gone' ? 'length' : shape
}

type Parts = {
  readonly name: string
  readonly status: number
  readonly framing: readonly ReferenceField[]
  /** With its framing. */
  readonly body: Buffer
  readonly content: Buffer
}

function framed (recipe: Recipe, request: ReferenceRequest, { name, status, framing, body, content }: Parts): Answer {
  const fields: ReferenceField[] = [
    ['x-name', `<${name}>`], ['Set-Cookie', 'a=1'], ['Cache-Control', 'public, max-age=60'], ['X-Obs', 'gr\xfc\xdfe'], ['Vary', 'Accept'],
    ...framing, ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'], ['Set-Cookie', 'b=2'], ['Keep-Alive', 'timeout=5'],
    ...(recipe.saysClose ? [['Connection', 'close'] as const] : [])
  ]
  const interims = request.version === '1.0' ? [] : recipe.interims
  const reason = 'As it is (\xe9)'
  const head = `HTTP/1.1 ${status} ${reason}\r\n${writeFields(fields)}\r\n`
  const bodiless = request.method === 'HEAD'
  return {
    bytes: Buffer.concat([latin1(interims.map(interim => `HTTP/1.1 ${interim} Wait\r\n\r\n`).join('') + head), bodiless ? NOTHING : body]),
    interims,
    status,
    reason,
    fields,
    content: bodiless ? NOTHING : content,
    effect: recipe.saysClose ? 'ends' : recipe.closesSilently || recipe.extra ? 'doubt' : 'next',
    thenEnds: recipe.saysClose || recipe.closesSilently,
    extra: recipe.extra && !recipe.saysClose ? latin1('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nextra') : NOTHING
  }
}

function upgrade (request: ReferenceRequest, name: string): Answer {
  const status = request.method === 'CONNECT' ? 200 : 101
  const fields: ReferenceField[] = [['x-name', name], ...(status === 101 ? [['Upgrade', 'x'] as const, ['Connection', 'Upgrade'] as const] : [])]
  const head = `HTTP/1.1 ${status} Fine\r\n${writeFields(fields)}\r\n`
  return { ...whole(head, 'upgrade'), status, reason: 'Fine', fields, extra: latin1(`<${name}> tunnel`) }
}

function whole (text: string, effect: Effect): Answer {
  const none = { interims: [], status: 0, reason: '', fields: [], content: NOTHING, thenEnds: false, extra: NOTHING }
  return { ...none, bytes: latin1(text), effect }
}

function inChunks (content: Buffer): Buffer {
  const pieces: Buffer[] = []
  for (let at = 0, size = 7; at < content.length; at += size, size = Math.min(size * 3, 70_000)) {
    const piece = content.subarray(at, at + size)
    pieces.push(latin1(`${piece.length.toString(16)};a=b\r\n`), piece, latin1('\r\n'))
  }
  return Buffer.concat([...pieces, latin1('0\r\nx-sum: 1\r\n\r\n')])
}

function writeFields (fields: readonly ReferenceField[]): string {
  return fields.map(([name, value]) => `${name}: ${value}\r\n`).join('')
}

function latin1 (text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

const NOTHING = Buffer.alloc(0)
