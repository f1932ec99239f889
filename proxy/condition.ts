import { BAGGAGE_MEMBER, ROUTING_HEADER } from '../common/contract.ts'
import { baggageValues } from '../http1/baggage.ts'
import type { Match } from '../intercepts/match.ts'
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

/** Does once what would otherwise be done for every request. */
export function toCondition (match: Match): Condition {
  const exactHeaders = match.headers.map(({ name, value }) => ({ name: name.toLowerCase(), value: toBytes(value) }))
  return {
    isGlobal: exactHeaders.length === 0,
    exactHeaders,
    holds: view => exactHeaders.every(header => hasExactly(view, header))
  }
}

/**
 * The headers that chose the response, for `Vary`, in the order of the match; undefined where none did.
 *
 * @param match one that holds for the request.
 */
export function varyBy (match: Match, view: RequestView): string | undefined {
  const names = match.headers.map(({ name, value }) => view.values(name).includes(toBytes(value)) ? name : 'baggage')
  return names.length === 0 ? undefined : [...new Set(names)].join(', ')
}

function hasExactly (view: RequestView, { name, value }: ExactHeader): boolean {
  if (view.values(name).includes(value)) return true
  return name === ROUTING_HEADER && baggageValues(view.values('baggage'), BAGGAGE_MEMBER).includes(value)
}

function toBytes (text: string): string {
  return Buffer.from(text).toString('latin1')
}
