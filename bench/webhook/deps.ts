/** What a row needs of the run. */
export type WebhookDeps = {
  readonly rounds: number
  readonly seconds: number
  readonly pods: number
  /** Folder for CPU profiles. */
  readonly profile: string | undefined
  readonly signal: AbortSignal
  readonly progress: (line: string) => void
}
