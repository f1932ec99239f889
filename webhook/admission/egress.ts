import { ANNOTATIONS } from '../../common/contract.ts'
import type { NamespaceFacts } from './deps.ts'

/** Whether the namespace lets developers reach other hosts through its pods. Only the one word says so. */
export function readEgress (namespace: string, { annotations }: NamespaceFacts): {
  readonly isAllowed: boolean
  readonly warnings: readonly string[]
} {
  const value = annotations[ANNOTATIONS.egress]
  if (value === undefined || value === 'allow') return { isAllowed: value === 'allow', warnings: [] }
  const text = `waylay: the namespace ${namespace} says ${ANNOTATIONS.egress}: ${value.slice(0, 40)}, which counts as not allowed; only "allow" has a meaning`
  return { isAllowed: false, warnings: [text] }
}
