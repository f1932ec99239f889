import type { Summary } from '../view-types.ts'

/** Whether an exchange is shown. */
export type Filter = (exchange: Summary) => boolean

type Test = (exchange: Summary, text: string) => boolean

const TESTS: Readonly<Record<string, Test>> = {
  status: ({ status, state }, text) => text === 'none' ? status === undefined && state !== 'open' : matchesStatus(status, text),
  method: ({ method }, text) => method.toLowerCase() === text,
  path: ({ target }, text) => target.toLowerCase().includes(text),
  caller: ({ caller }, text) => caller.toLowerCase().includes(text),
  pod: ({ pod }, text) => pod.toLowerCase().includes(text),
  type: ({ contentType = '' }, text) => contentType.toLowerCase().includes(text),
  is: (exchange, text) => isOfKind(exchange, text)
}

/**
 * Reads what somebody typed: words that all have to fit, `-` before one turns it round. `status:5xx`, `status:404`,
 * `method:post`, `path:/api`, `caller:`, `pod:`, `type:json`, `is:replay`, `is:open`, `is:failed`, `is:grpc`; any other
 * word is looked for in method, path, status and caller.
 */
export function parseFilter (text: string): Filter {
  const wanted = text.toLowerCase().split(/\s+/).filter(word => word !== '' && word !== '-').map(parseWord)
  return exchange => wanted.every(fits => fits(exchange))
}

function parseWord (word: string): Filter {
  if (word.startsWith('-')) {
    const fits = parseWord(word.slice(1))
    return exchange => !fits(exchange)
  }
  const at = word.indexOf(':')
  const test = Object.hasOwn(TESTS, word.slice(0, Math.max(0, at))) ? TESTS[word.slice(0, at)] : undefined
  const value = word.slice(at + 1)
  // Half typed: it must not empty the list.
  if (test !== undefined) return value === '' ? () => true : exchange => test(exchange, value)
  return ({ method, target, status, caller }) =>
    [method, target, status ?? '', caller].some(part => String(part).toLowerCase().includes(word))
}

function matchesStatus (status: number | undefined, text: string): boolean {
  if (status === undefined) return false
  return /^\dxx$/.test(text) ? String(status).startsWith(text.slice(0, 1)) : String(status) === text
}

function isOfKind ({ kind, state, replayOf }: Summary, text: string): boolean {
  switch (text) {
    case 'replay': return replayOf !== undefined
    case 'open': return state === 'open'
    case 'failed': return state === 'broken'
    default: return kind === text
  }
}
