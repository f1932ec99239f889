import { splitGlob } from '../../../intercepts/glob.ts'
import type { Match } from '../../../intercepts/match.ts'

/**
 * The command line of a request that fulfils the match, for a shell.
 *
 * @param tls ask over HTTPS, whatever name the app's certificate is for
 */
export function exampleRequest ({ headers, path, methods = [] }: Match, host: string, tls = false): string {
  const method = methods[0] ?? 'GET'
  const flags = [
    ...tls ? ['-k'] : [],
    ...method === 'GET' ? [] : [method === 'HEAD' ? '-I' : `-X ${method}`],
    ...headers.map(({ type, name, value }) => `-H ${quote(`${name}: ${type === 'Glob' ? fill(value) : value}`)}`)
  ]
  const asked = path === undefined ? '/' : path.type === 'Glob' ? fill(path.value) : path.value
  // A star at the beginning fits the slash too.
  const url = `${tls ? 'https' : 'http'}://${host}${asked.startsWith('/') ? '' : '/'}${asked}`
  return ['curl', ...flags, /[^\w:/.<>-]/.test(url) ? quote(url) : url].join(' ')
}

// A text that fits the pattern.
function fill (pattern: string): string {
  return splitGlob(pattern).join('x')
}

function quote (text: string): string {
  return `'${text.replaceAll('\'', '\'\\\'\'')}'`
}
