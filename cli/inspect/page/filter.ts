import type { Summary } from '../view-types.ts'
import { grpcName } from './grpc-status.ts'

/** Whether an exchange is shown. */
export type Filter = (exchange: Summary) => boolean

type Test = (exchange: Summary, text: string) => boolean

const TESTS: Readonly<Record<string, Test>> = {
  status: (exchange, text) => matchesStatus(exchange, text),
  method: ({ method }, text) => method.toLowerCase().startsWith(text),
  path: ({ target }, text) => target.toLowerCase().includes(text),
  caller: ({ caller }, text) => caller.toLowerCase().includes(text),
  pod: ({ pod }, text) => pod.toLowerCase().includes(text),
  type: ({ contentType = '' }, text) => contentType.toLowerCase().includes(text),
  grpc: ({ grpcStatus }, text) =>
    grpcStatus !== undefined && grpcName(grpcStatus).toLowerCase().split(' ').some(part => part.startsWith(text)),
  is: (exchange, text) => isOfKind(exchange, text)
}

/**
 * Reads what somebody typed: words that all have to fit, `-` before one turns it round. `status:5xx`, `status:404`,
 * `method:post`, `path:/api`, `caller:`, `pod:`, `type:json`, `grpc:not_found`, `is:replay`, `is:open`, `is:failed`,
 * `is:grpc`; any other word is looked for in method, path, status and caller.
 *
 * It is asked at each key. So a value counts by its beginning: on the way to `method:delete` the list narrows, and what
 * is looked for is never missing from it. Before its colon a name is a word as any other, for a path may hold it.
 */
export function parseFilter (text: string): Filter {
  const wanted = text.toLowerCase().split(/\s+/).filter(word => word !== '' && word !== '-').map(parseWord)
  return exchange => wanted.every(fits => fits(exchange))
}

function parseWord (word: string): Filter {
  const at = word.indexOf(':')
  const name = word.slice(0, Math.max(0, at)).replace(/^-+/, '')
  const test = Object.hasOwn(TESTS, name) ? TESTS[name] : undefined
  const value = word.slice(at + 1)
  // No value yet: neither `status:` nor `-status:` hides anything.
  if (test !== undefined && value === '') return () => true
  if (word.startsWith('-')) {
    const fits = parseWord(word.slice(1))
    return exchange => !fits(exchange)
  }
  if (test !== undefined) return exchange => test(exchange, value)
  return ({ method, target, status, caller }) =>
    [method, target, status ?? '', caller].some(part => String(part).toLowerCase().includes(word))
}

function matchesStatus ({ status, state }: Summary, text: string): boolean {
  if (status === undefined) return state !== 'open' && 'none'.startsWith(text)
  // `5`, `50`, `5x` on the way to `503` and `5xx`.
  return text.length <= 3 && [...text].every((char, index) => char === (index > 0 && char === 'x' ? char : String(status)[index]))
}

function isOfKind ({ kind, state, replayOf, grpcStatus = 0 }: Summary, text: string): boolean {
  const kinds = [
    kind, ...replayOf === undefined ? [] : ['replay'], ...state === 'open' ? ['open'] : [],
    ...state === 'broken' || grpcStatus !== 0 ? ['failed'] : []
  ]
  return kinds.some(one => one.startsWith(text))
}
