import { decodeBody, textOf } from './decode-body.ts'
import { valueOf, type Exchange } from './exchange.ts'
import { isSecretField, MASK, maskBody, maskTarget } from './mask.ts'

// What curl writes by itself, or what belongs to the one connection that it came on.
const LEFT_OUT = new Set([
  'connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'
])

/** A command for a POSIX shell that sends the request again to the developer's program. */
export function curlOf (exchange: Exchange, showsSecrets: boolean): string {
  const { method, origin } = exchange
  const body = bodyOf(exchange, showsSecrets)
  const target = sentText(exchange.target)
  const shown = showsSecrets ? target : maskTarget(target)
  const fields = exchange.requestHeaders.filter(([name]) => !LEFT_OUT.has(name) && !(body.isUnfolded && name === 'content-encoding'))
  const words = [
    'curl',
    ...origin.protocol === 'h2c' ? ['--http2-prior-knowledge'] : [],
    // As it was sent: curl resolves dots and reads brackets otherwise.
    ...PLAIN_PATH.test(target) ? [] : ['--path-as-is', '--globoff'],
    ...methodWords(method, body.words.length > 0),
    ...fields.flatMap(([name, value, sentName]) =>
      ['-H', quote(headerLine(sentName ?? name, !showsSecrets && isSecretField(sentName ?? name, value) ? MASK : sentText(value)))]),
    ...body.words,
    ...urlWords(origin.developer.address, shown)
  ]
  return [...body.notes, `${body.before}${words.join(' ')}`].join('\n')
}

const PLAIN_PATH = /^\/(?!.*\/\.)[^[\]{}]*$/

/** What does not begin with a slash could name another host, as "@elsewhere/" would behind the address. */
function urlWords (address: string, target: string): readonly string[] {
  if (target.startsWith('/')) return [quote(`http://${address}${target}`)]
  return ['--request-target', quote(target), quote(`http://${address}/`)]
}

function methodWords (method: string, hasBody: boolean): readonly string[] {
  if (method === 'HEAD') return ['--head']
  return method === (hasBody ? 'POST' : 'GET') ? [] : ['-X', quote(method)]
}

/** A header without a value is written with a semicolon, or curl takes it for one to leave out. */
function headerLine (name: string, value: string): string {
  return value === '' ? `${name};` : `${name}: ${value}`
}

/** Bytes of a head as a terminal shows and sends them. */
function sentText (latin1: string): string {
  return Buffer.from(latin1, 'latin1').toString('utf8')
}

function bodyOf ({ requestBody, requestHeaders }: Exchange, showsSecrets: boolean) {
  const { bytes, isCut, totalBytes } = requestBody
  const notes = isCut ? [`# The body is cut: ${bytes.length} of ${totalBytes} bytes were kept.`] : []
  if (bytes.length === 0) return { notes, before: '', words: [], isUnfolded: false }
  const type = valueOf(requestHeaders, 'content-type')
  // Curl would add a type of its own.
  const typeWords = type === undefined ? ['-H', quote('Content-Type:')] : []
  const coding = valueOf(requestHeaders, 'content-encoding')
  const unfolded = coding === undefined ? undefined : decodeBody(bytes, coding)
  const plain = textOf(unfolded ?? bytes, isCut)
  const masked = plain === undefined || showsSecrets ? undefined : maskBody(plain, type)
  const isUnfolded = unfolded !== undefined && masked !== undefined
  const text = masked ?? textOf(bytes, isCut)
  if (text === undefined || CONTROL.test(text)) {
    const before = `printf %s ${quote((masked === undefined ? bytes : Buffer.from(masked)).toString('base64'))} | base64 -d | `
    return { notes, before, words: [...typeWords, '--data-binary', '@-'], isUnfolded }
  }
  // Curl would take a leading @ for the name of a file.
  return { notes, before: '', words: [...typeWords, text.startsWith('@') ? '--data-raw' : '--data-binary', quote(text)], isUnfolded }
}

// A terminal that they are pasted into obeys them before any shell reads a quote: ^C, Enter, the end of a paste.
// eslint-disable-next-line no-control-regex -- see above
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/
// eslint-disable-next-line no-control-regex -- the same, and line ends, which no head has
const CONTROLS_OF_WORD = /[\u0000-\u001f\u007f-\u009f]/g

function quote (text: string): string {
  if (/^[\w/:.=,@%+-]+$/.test(text)) return text
  if (text.search(CONTROLS_OF_WORD) === -1 || !CONTROL.test(text)) return inQuotes(text)
  const escaped = text.replaceAll('\\', '\\\\').replace(CONTROLS_OF_WORD, char =>
    [...Buffer.from(char)].map(byte => `\\0${byte.toString(8).padStart(3, '0')}`).join(''))
  return `"$(printf %b ${inQuotes(escaped)})"`
}

function inQuotes (text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
