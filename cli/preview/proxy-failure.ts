import { FAILURES, type WaylayCode } from '../../common/failures.ts'

/**
 * What the proxy answered itself, because the developer could not: nobody's app was asked.
 *
 * @param code value of `x-waylay-error`
 * @param divertedTo value of `x-waylay-diverted-to`: with it the developer's program has answered
 */
export function proxyFailure (code: string | undefined, divertedTo: string | undefined): WaylayCode | undefined {
  if (divertedTo !== undefined || code === undefined) return undefined
  return Object.hasOwn(FAILURES, code) ? code as WaylayCode : undefined
}
