import { NONCE_HEADER } from '../../common/contract.ts'
import { splitGlob } from '../../intercepts/glob.ts'
import type { HeaderMatch } from '../../intercepts/header-match.ts'
import type { Match } from '../../intercepts/match.ts'
import type { PathMatch } from '../../intercepts/path-match.ts'
import { VERSION } from '../../common/version.ts'

/** What a star of a pattern stands for. */
const FILLING = 'waylay'

// What these say about framing or the connection would have to be true, too.
const MEANS_SOMETHING: ReadonlySet<string> = new Set([
  'connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', NONCE_HEADER
])

/**
 * A HEAD request that fulfils the match, but for its methods: exact values as they are, patterns filled.
 *
 * @param host `address:port` that it is sent to; a condition on Host takes its place.
 * @returns its bytes; or, as a text, why no request can be made for this match.
 */
export function writeCheckRequest ({ headers, path }: Match, host: string, nonce: string): Buffer | string {
  const refused = headers.find(({ name }) => MEANS_SOMETHING.has(name))
  if (refused !== undefined) return `a check cannot carry the header "${refused.name}" that the match asks for`
  const hosts = headers.filter(({ name }) => name === 'host')
  if (hosts.length > 1) return 'the match asks for more than one Host'
  const fields = headers.map(header => [header.name, valueOf(header)])
  if (hosts.length === 0) fields.unshift(['host', host])
  if (!headers.some(({ name }) => name === 'user-agent')) fields.push(['user-agent', `waylay/${VERSION} (check)`])
  fields.push([NONCE_HEADER, nonce], ['connection', 'close'])
  const lines = fields.map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`HEAD ${path === undefined ? '/' : pathOf(path)} HTTP/1.1\r\n${lines.join('')}\r\n`)
}

function valueOf ({ type, value }: HeaderMatch): string {
  return type === 'Exact' ? value : splitGlob(value).join(FILLING)
}

function pathOf ({ type, value }: PathMatch): string {
  if (type !== 'Glob') return value
  const filled = splitGlob(value).join(FILLING)
  // A star at the beginning fits the slash too.
  return filled.startsWith('/') ? filled : `/${filled}`
}
