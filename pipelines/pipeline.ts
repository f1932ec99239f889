import { failedText, goneText, markerOf, upText } from './comment-text.ts'
import { baggageOf, readUpAnswer, readUrl, type UpAnswer } from './environment.ts'
import type { RunWaylay } from './run-waylay.ts'
import { downWords, upWords, urlWords, type Wish } from './wish.ts'

/** What GitHub's and GitLab's jobs have in common. */
export type Host = {
  readonly setOutput: (name: string, value: string) => void
  readonly notice: (text: string) => void
  readonly warning: (text: string) => void
  readonly error: (text: string) => void
  /** Prints what others wrote. */
  readonly passOn: (text: string) => void
  /** Of the job's page; empty where it has none. */
  readonly run: string
  /** Undefined where nobody can be asked: no pull request, or no token. */
  readonly pull: PullRequest | undefined
}

export type PullRequest = {
  /** It may have been closed while the job waited, or ran. */
  readonly isOpen: () => Promise<boolean>
  /**
   * Writes the one comment that begins with the marker: changes it where it is there, else makes it. Undefined where
   * none is wished for.
   *
   * @param makes false: one that is not there is not made.
   */
  readonly write: ((marker: string, body: string, makes: boolean) => Promise<void>) | undefined
  /** What a token needs to write, for people. */
  readonly right: string
}

/** Brings the environment up, or takes it down. @returns the exit code of the job. */
export async function runPipeline (
  mode: 'up' | 'down', wish: Wish, waylay: RunWaylay, host: Host
): Promise<number> {
  host.setOutput('environment', wish.name)
  if (mode === 'down') return await takeDown(wish, waylay, host)
  // Run again, or started late: what would be left behind until it expires is not made.
  if (!await isStillOpen(host)) {
    host.notice('This was closed before: its environment is removed.')
    return await takeDown(wish, waylay, host)
  }
  const { exitCode, stdout } = await waylay(upWords(wish))
  if (exitCode !== 0) {
    await comment(wish, host, failedText(wish, host.run), true)
    host.error(`The environment ${wish.name} did not come up: waylay ended with ${exitCode}.`)
    return exitCode
  }
  const answer = readUpAnswer(stdout)
  // Closed while it came up: the job of the closing found nothing to remove, where it did not wait for this one.
  if (!await isStillOpen(host)) {
    host.notice('This was closed meanwhile: its environment is removed.')
    return await takeDown(wish, waylay, host)
  }
  const url = await findUrl(wish, waylay)
  setOutputs(answer, url, host)
  await comment(wish, host, upText(wish, answer, url), true)
  return 0
}

async function takeDown (wish: Wish, waylay: RunWaylay, host: Host): Promise<number> {
  const { exitCode, stdout } = await waylay(downWords(wish))
  if (stdout !== '') host.passOn(stdout)
  if (exitCode === 0) await comment(wish, host, goneText(wish), false)
  else host.error(`The environment ${wish.name} was not removed: waylay ended with ${exitCode}.`)
  return exitCode
}

/** Where no preview gateway is installed there is none, and nothing is wrong. */
async function findUrl (wish: Wish, waylay: RunWaylay): Promise<string> {
  const { exitCode, stdout } = await waylay(urlWords(wish))
  return exitCode === 0 ? readUrl(stdout) : ''
}

function setOutputs (answer: UpAnswer, url: string, host: Host): void {
  const { header: { name, value }, expiresAt } = answer
  const outputs = {
    header: `${name}: ${value}`, 'header-name': name, value, baggage: baggageOf(answer), url, expires: expiresAt
  }
  for (const [output, text] of Object.entries(outputs)) host.setOutput(output, text)
}

async function isStillOpen ({ pull, warning }: Host): Promise<boolean> {
  return await pull?.isOpen().catch((error: unknown) => {
    warning(`Whether this is still open is not known: ${messageOf(error)}.`)
    return true
  }) ?? true
}

/** A comment that cannot be written is no reason for the job to fail: the environment stands. */
async function comment (wish: Wish, { pull, warning }: Host, text: string, makes: boolean): Promise<void> {
  await pull?.write?.(markerOf(wish), text, makes).catch((error: unknown) => {
    warning(`No comment: ${messageOf(error)}. It takes ${pull.right}.`)
  })
}

function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
