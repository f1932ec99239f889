import type { GlobalFlags, OutputFormat } from '../../deps.ts'

/** What commander hands to `env up`. */
export type EnvUpFlags = GlobalFlags & {
  readonly workload?: readonly string[]
  readonly image?: readonly string[]
  readonly env?: readonly string[]
  readonly port?: readonly string[]
  /** ms. */
  readonly ttl: number
  readonly header: string
  readonly readyPath?: string
  readonly wait: boolean
  /** ms. */
  readonly timeout: number
  readonly dryRun?: boolean
  readonly output: OutputFormat
  readonly allowSharedConsumers?: boolean
  readonly keepLabel?: readonly string[]
  readonly freshVolumes?: boolean
  readonly ignorePolicies?: boolean
}
