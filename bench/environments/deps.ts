import type { Driven } from '../tunnel/driven.ts'
import type { Lab } from '../tunnel/lab.ts'
import type { EnvironmentsOptions } from './options.ts'

/** What a row needs of the run. */
export type EnvironmentsDeps = Pick<EnvironmentsOptions, 'environments' | 'atOnce' | 'rounds' | 'seconds' | 'idleSeconds'> & {
  readonly lab: Lab
  /** Sends requests without a header. */
  readonly caller: Driven
  /** Sends marked ones beside them. */
  readonly marker: Driven
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}

/** The workloads of the bench: all answer the same. */
export const APPS = { direct: 'direct', quiet: 'quiet', app: 'app' } as const
