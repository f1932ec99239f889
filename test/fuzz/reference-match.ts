import { valuesOf, wordsOf } from './reference-fields.ts'
import type { ReferenceRequest } from './reference-request.ts'

export type ReferenceMatch = 'yes' | 'no' | 'doubt'

/** Whether a request belongs to the intercept on `x-waylay-id: <value>`, by the design alone. */
export function matchesReference (request: ReferenceRequest, value: string): ReferenceMatch {
  // The kubelet asks about the app.
  if (valuesOf(request.fields, 'user-agent').some(agent => agent.startsWith('kube-probe/'))) return 'no'
  const hopByHop = wordsOf(request.fields, 'connection')
  const inHeader = valuesOf(request.fields, 'x-waylay-id').includes(value)
  const inBaggage = baggageIds(request).includes(value)
  if (inHeader && !hopByHop.includes('x-waylay-id')) return request.headDoubt ? 'doubt' : 'yes'
  if (!inBaggage) return 'no'
  // The design says what a header named in Connection means, not what its twin does then; and a preflight
  // "without the header" may have the member.
  const open = hopByHop.includes('x-waylay-id') || hopByHop.includes('baggage') || request.method === 'OPTIONS'
  return open || request.headDoubt ? 'doubt' : 'yes'
}

// W3C Baggage, 3.2: members between commas, properties behind semicolons, values percent-encoded.
function baggageIds (request: ReferenceRequest): string[] {
  return valuesOf(request.fields, 'baggage').flatMap(line => line.split(',')).flatMap(member => {
    const [pair = ''] = member.split(';')
    const equals = pair.indexOf('=')
    if (equals === -1 || pair.slice(0, equals).trim() !== 'waylay-id') return []
    const encoded = pair.slice(equals + 1).trim()
    try {
      return [decodeURIComponent(encoded)]
    } catch {
      return [encoded]
    }
  })
}
