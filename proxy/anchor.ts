import { ROUTING_HEADER } from '../common/contract.ts'
import type { ExactHeader } from './condition.ts'

/**
 * For each route the one exact header condition by which it is looked up; undefined for a route that has none.
 *
 * As few names as possible, because every request is asked for each of them; among those the values that the fewest
 * routes share.
 *
 * @param routes the exact header conditions of each route.
 */
export function pickAnchors (routes: readonly (readonly ExactHeader[])[]): readonly (ExactHeader | undefined)[] {
  const all = routes.flat()
  const names = countBy(all, ({ name }) => name)
  const pairs = countBy(all, keyOf)
  const count = (counts: ReadonlyMap<string, number>, key: string): number => counts.get(key) ?? 0
  const compare = (a: ExactHeader, b: ExactHeader): number =>
    count(names, b.name) - count(names, a.name) ||
    count(pairs, keyOf(a)) - count(pairs, keyOf(b)) ||
    Number(b.name === ROUTING_HEADER) - Number(a.name === ROUTING_HEADER)
  return routes.map(headers => [...headers].sort(compare)[0])
}

function keyOf ({ name, value }: ExactHeader): string {
  return `${name}=${value}`
}

function countBy (headers: readonly ExactHeader[], keyOfHeader: (header: ExactHeader) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (const header of headers) counts.set(keyOfHeader(header), (counts.get(keyOfHeader(header)) ?? 0) + 1)
  return counts
}
