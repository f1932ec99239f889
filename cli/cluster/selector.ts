import { WaylayError } from '../../common/errors.ts'

export type LabelSelector = {
  readonly matchLabels?: Readonly<Record<string, string>>
  readonly matchExpressions?: readonly LabelRequirement[]
}

type LabelRequirement = { readonly key: string, readonly operator: string, readonly values?: readonly string[] }

/** Writes a workload's selector as the query of a list. */
export function selectorQuery ({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`)
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    switch (operator) {
      case 'In': return `${key} in (${values.join(',')})`
      case 'NotIn': return `${key} notin (${values.join(',')})`
      case 'Exists': return key
      case 'DoesNotExist': return `!${key}`
      default: throw new WaylayError('WAYLAY_INTERNAL', `Unknown operator "${operator}" in a selector`)
    }
  })
  return `labelSelector=${encodeURIComponent([...labels, ...expressions].join(','))}`
}
