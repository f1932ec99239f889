import { API_GROUP, API_VERSION, ENVIRONMENT_KIND } from '../common/contract.ts'

/** `environments.waylay.dev` as it stands in the API: the root that owns all the rest of one ephemeral environment. */
export type Environment = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly creationTimestamp?: string
    readonly deletionTimestamp?: string
    readonly resourceVersion?: string
    readonly uid?: string
  }
  readonly spec: EnvironmentSpec
  readonly status?: EnvironmentStatus
}

export type EnvironmentSpec = {
  /** Name of the header that leads to it, in lower case. */
  readonly header: string
  /** Value of that header. Cannot change, so that a link in a pull request stays right. */
  readonly value: string
  readonly workloads: readonly EnvironmentWorkload[]
  /** RFC 3339. When the webhook deletes it. */
  readonly expiresAt: string
  /** Stamped by the webhook: user name from the request's userInfo of its creation. */
  readonly owner?: string
}

/** One workload that has a version of its own in it. */
export type EnvironmentWorkload = {
  /** `kind/name` of the original's top controller. */
  readonly workload: string
  /** Name of the Deployment and the Service of the copy. */
  readonly copy: string
  /** Ports of the original's containers that are diverted. */
  readonly ports: readonly number[]
  /** By container, what was asked for. */
  readonly images: Readonly<Record<string, string>>
}

export type EnvironmentPhase = 'Pending' | 'Ready' | 'Failed'

/** Written by `waylay env up` through the status subresource. */
export type EnvironmentStatus = {
  readonly phase?: EnvironmentPhase
  /** For people: what it waits for, or why it failed. */
  readonly message?: string
  /** RFC 3339. */
  readonly readyAt?: string
}

export function newEnvironment (namespace: string, name: string, spec: EnvironmentSpec): Environment {
  return { apiVersion: `${API_GROUP}/${API_VERSION}`, kind: ENVIRONMENT_KIND, metadata: { name, namespace }, spec }
}
