/** A workload as it is: its top controller, and how to find its pods. */
export type Workload = {
  /** `kind/name` of the top controller, kind in lower case: what the webhook wrote into the pods. */
  readonly id: string
  readonly namespace: string
  /** Query of the pod list that holds all its pods: a label selector, a field selector or nothing. */
  readonly podQuery: string
}
