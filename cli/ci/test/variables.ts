import { baggageOf } from '../../ephemeral/baggage-of.ts'
import type { Subject } from './subject.ts'

/**
 * What the test program gets to know. A variable that has no meaning here is taken away: what an outer one said would
 * lead elsewhere.
 */
export function testVariables (
  { environment, headers: [header] }: Pick<Subject, 'environment' | 'headers'>, url: string | undefined
): Readonly<Record<string, string | undefined>> {
  return {
    // As curl -H takes it.
    WAYLAY_HEADER: header === undefined ? undefined : `${header.name}: ${header.value}`,
    WAYLAY_HEADER_NAME: header?.name,
    WAYLAY_HEADER_VALUE: header?.value,
    WAYLAY_BAGGAGE: header === undefined ? undefined : baggageOf(header),
    WAYLAY_ENVIRONMENT: environment,
    WAYLAY_URL: url
  }
}
