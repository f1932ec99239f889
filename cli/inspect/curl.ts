import { textOf } from './decode-body.ts'
import type { Exchange } from './exchange.ts'
import { isSecretField, MASK, maskBody, maskTarget } from './mask.ts'
import { valueOf } from './exchange.ts'

// What curl writes by itself, or what belongs to the one connection that it came on.
const LEFT_OUT = new Set([
  'connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding', 'upgrade'
])

/** A command for a POSIX shell that sends the request again to the developer's program. */
export function curlOf (exchange: Exchange, showsSecrets: boolean): string {
  const { method, target, origin } = exchange
  const body = bodyOf(exchange, showsSecrets)
  const url = `http://${origin.developer.address}${showsSecrets ? target : maskTarget(target)}`
  const words = [
    'curl',
    ...origin.protocol === 'h2c' ? ['--http2-prior-knowledge'] : [],
    // As it was sent: curl resolves dots and reads brackets otherwise.
    ...PLAIN_PATH.test(target) ? [] : ['--path-as-is', '--globoff'],
    ...methodWords(method, body.words.length > 0),
    ...exchange.requestHeaders.filter(([name]) => !LEFT_OUT.has(name)).flatMap(([name, value, sentName]) =>
      ['-H', quote(headerLine(sentName ?? name, !showsSecrets && isSecretField(name, value) ? MASK : value))]),
    ...body.words,
    quote(url)
  ]
  return [...body.notes, `${body.before}${words.join(' ')}`].join('\n')
}

const PLAIN_PATH = /^\/(?!.*\/\.)[^[\]{}]*$/

function methodWords (method: string, hasBody: boolean): readonly string[] {
  if (method === 'HEAD') return ['--head']
  return method === (hasBody ? 'POST' : 'GET') ? [] : ['-X', quote(method)]
}

/** A header without a value is written with a semicolon, or curl takes it for one to leave out. */
function headerLine (name: string, value: string): string {
  return value === '' ? `${name};` : `${name}: ${Buffer.from(value, 'latin1').toString('utf8')}`
}

function bodyOf ({ requestBody, requestHeaders }: Exchange, showsSecrets: boolean) {
  const { bytes, isCut, totalBytes } = requestBody
  const notes = isCut ? [`# The body is cut: ${bytes.length} of ${totalBytes} bytes were kept.`] : []
  if (bytes.length === 0) return { notes, before: '', words: [] }
  const text = textOf(bytes, isCut)
  if (text === undefined) {
    const before = `printf %s ${quote(bytes.toString('base64'))} | base64 -d | `
    return { notes, before, words: ['--data-binary', '@-'] }
  }
  const shown = showsSecrets ? text : maskBody(text, valueOf(requestHeaders, 'content-type')) ?? text
  // curl would take a leading @ for the name of a file, and add a type of its own.
  const type = valueOf(requestHeaders, 'content-type') === undefined ? ['-H', quote('Content-Type:')] : []
  return { notes, before: '', words: [...type, shown.startsWith('@') ? '--data-raw' : '--data-binary', quote(shown)] }
}

function quote (text: string): string {
  return /^[\w/:.=,@%+-]+$/.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
