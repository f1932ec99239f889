import type { WorkloadName } from '../workload-name.ts'

/** What `waylay env up` was asked for, parsed and nothing looked up yet. */
export type EnvironmentWish = {
  readonly name: string
  /** At least one. */
  readonly workloads: readonly WorkloadName[]
  readonly images: readonly ImageWish[]
  readonly variables: readonly VariableWish[]
  /** Container ports by number or name; none: every port whose requests can be told apart by a header. */
  readonly ports: readonly (number | string)[]
  readonly ttlMs: number
  /** Name of the header, in lower case. */
  readonly header: string
  /** Path of the request that proves it; undefined: that of the HTTP readiness probe, or `/`. */
  readonly readyPath?: string | undefined
  /** Keys of labels that a copy's pods have as the original's do. */
  readonly keptLabels: readonly string[]
  /** What is refused otherwise. */
  readonly allow: {
    /** A consumer group, a queue or a schedule that copy and original would share. */
    readonly sharedConsumers: boolean
    /** Volumes that cannot be shared are empty in the copy. */
    readonly freshVolumes?: boolean
    /** Policies that cannot be cloned. */
    readonly unclonedPolicies: boolean
  }
}

/** `--image payments=registry/payments:pr-123`, `--image payments/worker=…`, or the image alone. */
export type ImageWish = {
  readonly workload?: string
  readonly container?: string
  readonly image: string
}

/** `--env KEY=value` for all copies, or `--env payments/KEY=value` for one. */
export type VariableWish = {
  readonly workload?: string
  readonly name: string
  readonly value: string
}
