import type { Output } from './terminal/output.ts'

/** What the commands need of the world. Tests pass their own; only main.ts passes the process's. */
export type CliDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDir: string
  /** Name of the user on this machine: where the routing value's label comes from. */
  readonly userName: string
  readonly hostName: string
  readonly output: Output
  /** Whether lines on stderr may be coloured. Default: no. */
  readonly color?: boolean
  /** Calls back at each Ctrl-C, SIGTERM or SIGHUP until the returned function is called. */
  readonly onStopSignal: (callback: (signal: NodeJS.Signals) => void) => () => void
  /** Calls back when the process ends, also in the middle of things, until the returned function is called. */
  readonly onExit?: (callback: () => void) => () => void
  /** Default: this machine's. */
  readonly platform?: NodeJS.Platform
}

/** What every command gets beside its own flags. */
export type GlobalFlags = {
  readonly context?: string
  readonly namespace?: string
  readonly kubeconfig?: string
  readonly verbose?: boolean
}

/** `--output`. */
export type OutputFormat = 'text' | 'json'
