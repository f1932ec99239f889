import type { LabelSelector } from '../../cluster/selector.ts'

export type Labels = Readonly<Record<string, string>>

/** Whether a selector selects what carries these labels. An empty one selects everything. */
export function selects ({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key]
      switch (operator) {
        case 'In': return value !== undefined && values.includes(value)
        case 'NotIn': return value === undefined || !values.includes(value)
        case 'Exists': return value !== undefined
        case 'DoesNotExist': return value === undefined
        default: return false
      }
    })
}

/** A selector that selects what both select. */
export function both (a: LabelSelector, b: LabelSelector): LabelSelector {
  const asExpressions = ({ matchLabels = {}, matchExpressions = [] }: LabelSelector) => [
    ...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: 'In', values: [value] })),
    ...matchExpressions
  ]
  return { matchExpressions: [...asExpressions(a), ...asExpressions(b)] }
}
