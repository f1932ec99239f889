import { baggageIds } from './reference-baggage.ts'
import { valuesOf, wordsOf } from './reference-fields.ts'
import type { ReferenceRequest } from './reference-request.ts'

export type ReferenceMatch = 'yes' | 'no' | 'doubt'

/** Whether a request belongs to the intercept on `x-waylay-id: <value>`, by the design alone. */
export function matchesReference (request: ReferenceRequest, value: string): ReferenceMatch {
  // The kubelet asks about the app.
  if (valuesOf(request.fields, 'user-agent').some(agent => agent.startsWith('kube-probe/'))) return 'no'
  const hopByHop = wordsOf(request.fields, 'connection')
  const inHeader = valuesOf(request.fields, 'x-waylay-id').includes(value)
  const inBaggage = baggageIds(request.fields).includes(value)
  if (inHeader && !hopByHop.includes('x-waylay-id')) return request.headDoubt ? 'doubt' : 'yes'
  if (!inBaggage) return 'no'
  // The design says what a header named in Connection means, not what its twin does then; and a preflight
  // "without the header" may have the member.
  const open = hopByHop.includes('x-waylay-id') || hopByHop.includes('baggage') || request.method === 'OPTIONS'
  return open || request.headDoubt ? 'doubt' : 'yes'
}
