import { PORTS } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import type { RuleConfig } from './plan-rules.ts'

/**
 * Refuses numbers that would make two rules mean the same packet: the second would never be reached.
 *
 * @throws {WaylayError} `WAYLAY_CONFIG_INVALID` naming the number that is there twice.
 */
export function checkConfig ({ ports, detours }: RuleConfig): void {
  refuseTwice('ports and detours', [...ports, ...detours].map(({ port }) => port))
  refuseTwice('listeners and their disarm ports', ports.flatMap(({ listener }) => [listener, listener + PORTS.disarmOffset]))
}

function refuseTwice (what: string, numbers: readonly number[]): void {
  const twice = numbers.find((number, index) => numbers.indexOf(number) !== index)
  if (twice !== undefined) throw new WaylayError('WAYLAY_CONFIG_INVALID', `${twice} is there twice among the ${what}`)
  const outside = numbers.find(number => number > 65535)
  if (outside !== undefined) throw new WaylayError('WAYLAY_CONFIG_INVALID', `${outside} among the ${what} is no port`)
}
