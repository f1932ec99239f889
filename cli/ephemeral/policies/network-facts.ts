import type { Manifest } from '../../manifests.ts'
import type { Labels } from './label-selector.ts'
import type { NetworkPolicy } from './network-policy.ts'

/** A copy as policies see it. */
export type CopyPods = {
  /** Name of its Deployment and its Service. */
  readonly copy: string
  /** `kind/name` of the original, for people. */
  readonly workload: string
  /** Labels of the original's pods. */
  readonly original: Labels
  /** Labels of the copy's pods. */
  readonly labels: Labels
  /** Where the copy's containers listen for what is diverted. */
  readonly ports: readonly number[]
  /** Names of the Services that select the original's pods. */
  readonly services: readonly string[]
}

export type NetworkFacts = {
  readonly namespace: string
  readonly environment: string
  /** Labels of the companion's pods. */
  readonly companion: Labels
  /** Of the namespace, without those of environments. */
  readonly policies: readonly NetworkPolicy[]
  /** Undefined: unknown. */
  readonly apiServer: readonly ApiServerAddress[] | undefined
}

/** Where the API server answers: its Service or one of its endpoints. */
export type ApiServerAddress = { readonly ip: string, readonly port: number }

/** To be written before the copy's pods are. */
export type PlannedPolicies = { readonly objects: readonly Manifest[], readonly warnings: readonly string[] }
