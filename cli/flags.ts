import type { HeaderMatch } from '../intercepts/header-match.ts'
import type { Minimum } from './ci/test/minimum.ts'
import type { GlobalFlags, OutputFormat } from './deps.ts'
import type { DeveloperPort } from './developer-port.ts'
import type { EnvironmentFlags } from './environment/environment-flags.ts'
import type { LineFormat } from './environment/formats.ts'
import type { InstallOptions } from './installation/options.ts'
import type { MatchFlags } from './match-flags.ts'
import type { PreviewPort } from './preview/preview-port.ts'
import type { ReachFlags } from './reach/reach-flags.ts'

// What commander hands to each command, parsed.

/** How many requests must have been diverted for tests, and who is told. */
export type CountFlags = {
  readonly minMatches?: readonly Minimum[]
  /** Files. */
  readonly junit?: string
  readonly summary?: string
}

/** Where tests reach the app. */
export type UrlFlags = {
  /** `name` or `name:port`. */
  readonly urlService?: string
  /** `false`: --no-url. */
  readonly url?: string | boolean
}

export type CiRunFlags = InterceptFlags & CountFlags & UrlFlags & {
  readonly workload?: string
  /** `--test`, a line for the platform's shell. */
  readonly test?: string
  readonly readyFile?: string
  /** `--start-timeout`, in milliseconds. */
  readonly startTimeout: number
}

export type CiTestFlags = GlobalFlags & CountFlags & UrlFlags & {
  readonly environment?: string
  /** Names of Intercept objects. */
  readonly intercept?: readonly string[]
  readonly header?: HeaderMatch
  readonly readyFile?: string
}

export type CollectFlags = GlobalFlags & { readonly file: string }

export type DoctorFlags = GlobalFlags & {
  readonly appPort?: number
  readonly output: OutputFormat
}

export type DownFlags = GlobalFlags & { readonly file?: string }

export type EnvFlags = GlobalFlags & {
  readonly format?: LineFormat | 'json'
  readonly output?: OutputFormat
  readonly container?: string
  readonly envExclude?: readonly string[]
  readonly showSecrets?: boolean
}

export type EnvironmentDownFlags = GlobalFlags & {
  readonly all?: boolean
  readonly allNamespaces?: boolean
  /** `false`: --no-wait. */
  readonly wait?: boolean
  /** ms. */
  readonly timeout: number
  readonly output: OutputFormat
}

export type EnvironmentExtendFlags = GlobalFlags & {
  /** `--ttl`, in milliseconds. */
  readonly ttl: number
  readonly shorten?: boolean
  readonly output: OutputFormat
}

export type EnvironmentListFlags = GlobalFlags & { readonly allNamespaces?: boolean, readonly output: OutputFormat }

export type EnvironmentLogsFlags = LogsFlags & { readonly workload?: string, readonly companion?: boolean }

export type EnvironmentUrlFlags = GlobalFlags & { readonly service?: string, readonly output: OutputFormat }

export type GrantFlags = GlobalFlags & {
  /** `--ttl`, in milliseconds. */
  readonly ttl: number
  readonly ci?: boolean
  readonly environments?: boolean
  readonly out?: string
  readonly output: OutputFormat
}

export type GrantListFlags = GlobalFlags & {
  readonly allNamespaces?: boolean
  readonly output: OutputFormat
}

export type InstallFlags = GlobalFlags & InstallOptions & {
  readonly timeoutSeconds: number
  readonly forceConflicts?: boolean
  readonly dryRun?: boolean
  readonly output: OutputFormat
}

export type InterceptFlags = GlobalFlags & MatchFlags & EnvironmentFlags & ReachFlags & {
  readonly port?: readonly DeveloperPort[]
  readonly takeOver?: boolean
  readonly hostHeader?: string
  /** `--for`, in milliseconds. */
  readonly for?: number
  readonly waitForFirstMatch?: boolean
  readonly inspect?: boolean
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

export type PreviewFlags = GlobalFlags & Pick<MatchFlags, 'id' | 'httpHeader'> & {
  readonly port?: PreviewPort
  readonly hostHeader?: string
  /** `--for`, in milliseconds. */
  readonly for?: number
  readonly open?: boolean
  readonly share?: boolean
  /** Of a shared one, in milliseconds. */
  readonly ttl?: number
  /** Name of the Intercept that a shared one stands on. */
  readonly intercept?: string
  readonly output: OutputFormat
}

export type PreviewListFlags = GlobalFlags & { readonly allNamespaces?: boolean, readonly output: OutputFormat }

export type PreviewRevokeFlags = GlobalFlags & { readonly all?: boolean, readonly allNamespaces?: boolean }

export type StatusFlags = GlobalFlags & { readonly output: OutputFormat }

export type UninstallFlags = GlobalFlags & { readonly dryRun?: boolean, readonly output: OutputFormat }

export type UpgradeFlags = InstallFlags & { readonly allowSkew?: boolean }

export type UpFlags = GlobalFlags & {
  readonly file?: string
  readonly inspect?: boolean
  readonly output: OutputFormat
}
