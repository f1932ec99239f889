import type { Environment } from '../../../environments/object.ts'
import type { Workload } from '../../cluster/workload.ts'
import type { Manifest } from '../../manifests.ts'

/** Everything that `waylay env up` is going to write. Nothing of it is written yet, and nothing has an owner yet. */
export type EnvironmentPlan = {
  /** The root. One that was there keeps its header, value and owner. */
  readonly environment: Environment
  readonly copies: readonly CopyPlan[]
  /** Account, role, binding, configuration and Deployment, in this order. @param uid of the root. */
  readonly companion: (uid: string) => readonly Manifest[]
  /** Sentences for people: what copy and original share, what was left away. */
  readonly warnings: readonly string[]
}

/** One workload's version of its own. */
export type CopyPlan = {
  readonly original: Workload
  /** Name of its Deployment and its Service. */
  readonly copy: string
  readonly ports: readonly DivertedPort[]
  /** Policies without which the copy would reach less, or be reached less, than the original. Written first. */
  readonly policies: readonly Manifest[]
  readonly service: Manifest
  readonly deployment: Manifest
  /** Path of the request that proves it. */
  readonly readyPath: string
}

/** A container port of the original whose marked requests go to the copy. */
export type DivertedPort = {
  readonly port: number
  /** As the original declares it. */
  readonly name?: string
  /** Name of the Intercept that the companion holds there. */
  readonly intercept: string
  /** Speaks HTTP/2 without TLS only, as gRPC does. */
  readonly isHttp2Only: boolean
}
