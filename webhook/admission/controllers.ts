import type { UserInfo } from '../review.ts'

// The garbage collector and the namespace controller delete and edit everything; with or without accounts of their own.
const CONTROLLER_USER = 'system:kube-controller-manager'
const CONTROLLER_GROUP = 'system:serviceaccounts:kube-system'

/** Whether the cluster's own controllers ask. */
export function isController ({ username, groups = [] }: UserInfo): boolean {
  return username === CONTROLLER_USER || groups.includes(CONTROLLER_GROUP)
}
