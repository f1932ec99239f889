import type { GlobalFlags, OutputFormat } from './deps.ts'
import type { DeveloperPort } from './developer-port.ts'
import type { EnvironmentFlags } from './environment-flags.ts'
import type { MatchFlags } from './match-flags.ts'
import type { ReachFlags } from './reach/reach-flags.ts'

// What commander hands to each command, parsed.

export type CollectFlags = GlobalFlags & { readonly file: string }

export type DoctorFlags = GlobalFlags & {
  readonly appPort?: number
  readonly output: OutputFormat
}

export type DownFlags = GlobalFlags & { readonly file?: string }

export type GrantFlags = GlobalFlags & {
  /** `--ttl`, in milliseconds. */
  readonly ttl: number
  readonly ci?: boolean
  readonly out?: string
  readonly output: OutputFormat
}

export type GrantListFlags = GlobalFlags & {
  readonly allNamespaces?: boolean
  readonly output: OutputFormat
}

export type InstallFlags = GlobalFlags & {
  readonly imageRegistry?: string
  readonly webhookImage?: string
  readonly sidecarImage?: string
  readonly timeoutSeconds: number
}

export type InterceptFlags = GlobalFlags & MatchFlags & EnvironmentFlags & ReachFlags & {
  readonly port?: readonly DeveloperPort[]
  readonly takeOver?: boolean
  readonly hostHeader?: string
  /** `--for`, in milliseconds. */
  readonly for?: number
  readonly waitForFirstMatch?: boolean
  /** `--run`, a line for the platform's shell. */
  readonly run?: string
  readonly output: OutputFormat
}

export type LeaveFlags = GlobalFlags & { readonly all?: boolean, readonly allNamespaces?: boolean }

export type ListFlags = GlobalFlags & {
  readonly allNamespaces?: boolean
  readonly output: OutputFormat
}

export type LogsFlags = GlobalFlags & {
  readonly follow?: boolean
  /** ms. */
  readonly since?: number
  readonly tail?: number
  readonly output: OutputFormat
}

export type VersionFlags = GlobalFlags & {
  readonly client?: boolean
  readonly output: OutputFormat
}

export type StatusFlags = GlobalFlags & { readonly output: OutputFormat }

export type UpFlags = GlobalFlags & {
  readonly file?: string
  readonly output: OutputFormat
}
