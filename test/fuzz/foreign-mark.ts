import type { DivertedItem } from './diverted-item.ts'
import type { Observation } from './observation.ts'

/**
 * Every case names itself in its bytes, so what belongs to another one shows: the mark of the first that does, in what
 * caller, app and developers received.
 */
export function foreignMark (seen: Observation, items: readonly DivertedItem[]): string | undefined {
  const { fuzzCase, appConnections, callerReceived } = seen
  const own = fuzzCase.id.replace(':', '-')
  const programs = [...appConnections, ...items.flatMap(({ connection }) => connection ?? [])]
  for (const bytes of [callerReceived, ...programs.map(({ received }) => received)]) {
    for (const [, mark] of bytes.toString('latin1').matchAll(/<(\d+-\d+)\//g)) {
      if (mark !== own && !fuzzCase.stream.includes(`<${mark}/`)) return mark
    }
  }
  return undefined
}
