import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'
import { baggageValues } from '../http1/baggage.ts'
import { compileGlob } from '../intercepts/glob.ts'
import type { HeaderMatch } from '../intercepts/header-match.ts'
import { isGlobal, type Match } from '../intercepts/match.ts'
import { compilePath, pathOf } from '../intercepts/path-match.ts'
import type { RequestView } from '../intercepts/request-view.ts'

/** One exact header condition, its value as the bytes of its UTF-8, one char each, as a `RequestView` has it. */
export type ExactHeader = {
  /** Lower case. */
  readonly name: string
  readonly value: string
}

/** A match made ready to be asked for every request. */
export type Condition = {
  readonly isGlobal: boolean
  readonly exactHeaders: readonly ExactHeader[]
  /** Whether the request fulfils all of it. */
  holds (view: RequestView): boolean
}

type Test = (view: RequestView) => boolean

/** Does once what would otherwise be done for every request. */
export function toCondition (match: Match): Condition {
  const exactHeaders = match.headers.filter(({ type }) => type === 'Exact')
    .map(({ name, value }) => ({ name: name.toLowerCase(), value: toBytes(value) }))
  // The cheapest first.
  const tests = [...methodTests(match), ...pathTests(match), ...match.headers.map(headerTest)]
  return { isGlobal: isGlobal(match), exactHeaders, holds: view => tests.every(test => test(view)) }
}

/**
 * The headers that chose the response, for `Vary`, in the order of the match; undefined where none did: path and method
 * tell responses apart in every cache.
 *
 * @param match one that holds for the request.
 */
export function varyBy (match: Match, view: RequestView): string | undefined {
  const names = match.headers.map(header => view.values(header.name).some(valueTest(header)) ? header.name : 'baggage')
  return names.length === 0 ? undefined : [...new Set(names)].join(', ')
}

function methodTests ({ methods = [] }: Match): Test[] {
  return methods.length === 0 ? [] : [({ method }) => methods.includes(method)]
}

function pathTests ({ path }: Match): Test[] {
  if (path === undefined) return []
  const fits = compilePath(path)
  return [({ target }) => {
    const sent = pathOf(target)
    return sent !== undefined && fits(sent)
  }]
}

function headerTest (header: HeaderMatch): Test {
  const name = header.name.toLowerCase()
  const fits = valueTest(header)
  if (name !== ROUTING_HEADER) return view => view.values(name).some(fits)
  return view => view.values(name).some(fits) || baggageValues(view.values('baggage'), BAGGAGE_MEMBER).some(fits)
}

function valueTest ({ type, value }: HeaderMatch): (value: string) => boolean {
  const bytes = toBytes(value)
  return type === 'Glob' ? compileGlob(bytes) : sent => sent === bytes
}

function toBytes (text: string): string {
  return Buffer.from(text).toString('latin1')
}
