import { toWaylayError, type WaylayError } from '../../common/errors.ts'
import { startChild, type Child } from '../child/child.ts'
import { exitCodeOf } from '../terminal/failure-text.ts'
import type { InspectorKeeper } from '../inspect/inspector-keeper.ts'
import type { Report } from '../intercept/report/report.ts'
import type { StandingIntercept } from '../intercept/standing/standing-intercept.ts'
import type { Standing } from '../intercept/standing/standing.ts'
import type { Wish } from '../intercept/standing/wish.ts'
import type { FileIntercept } from '../project-file/project-file.ts'
import type { PrintLine } from './print-lines.ts'

type Env = Readonly<Record<string, string | undefined>>

export type UpRunDeps = {
  readonly standing: Standing
  readonly report: Report
  readonly inspector: InspectorKeeper
  /** Environment of a program, under its own: the developer's, and the pod's over it. */
  readonly prepareEnv: (intercept: StandingIntercept) => Promise<Env>
  readonly print: PrintLine
  readonly folderOf: (intercept: FileIntercept) => string
}

/** One intercept of the file that stands: on each of its ports, perhaps with a program. */
type Part = {
  readonly file: FileIntercept
  readonly standing: Set<StandingIntercept>
  child: Child | undefined
}

// The intercepts are off at once; the programs get what a server needs to finish.
const CHILD_GRACE_MS = 5000

/** All that one `waylay up` has started. */
export class UpRun {
  readonly #deps: UpRunDeps
  readonly #parts = new Map<string, Part>()
  readonly #ended = Promise.withResolvers<number>()
  #signal: NodeJS.Signals = 'SIGTERM'
  #exitCode = 0

  constructor (deps: UpRunDeps) {
    this.#deps = deps
    this.#ended.promise.catch(() => {})
  }

  /** Somebody wants it to end. */
  stop (signal: NodeJS.Signals): void {
    this.#signal = signal
    this.#ended.resolve(0)
  }

  /**
   * Makes everything stand, starts the programs, and waits for the end.
   *
   * @returns the exit code.
   * @throws {WaylayError} why one of them cannot start; `tidyUp` then ends the others.
   */
  async start (files: readonly FileIntercept[], findWishes: () => Promise<readonly Wish[]>): Promise<number> {
    const stand = async (): Promise<undefined> => {
      const standing = await this.#deps.standing.stand(await findWishes())
      this.#deps.inspector.show(standing)
      for (const file of files) {
        const ours = standing.filter(({ wish }) => wish.label === file.name)
        this.#parts.set(file.name, { file, standing: new Set(ours), child: undefined })
      }
      // One after the other: where the second cannot start, the first is ended again.
      for (const part of this.#parts.values()) await this.#startChild(part)
      return undefined
    }
    // A signal may come before it stands.
    const early = await Promise.race([stand(), this.#ended.promise])
    return early ?? await this.#ended.promise
  }

  /** An intercept ended by itself: deleted, or taken over. */
  lost (intercept: StandingIntercept, error: WaylayError): void {
    this.#deps.report.ended('failed', error, intercept)
    this.#fail(exitCodeOf(error, false))
    const part = this.#parts.get(intercept.wish.label ?? '')
    part?.standing.delete(intercept)
    if (part?.standing.size === 0) void this.#end(part)
  }

  /** Ends all programs and intercepts. Never rejects. */
  async tidyUp (): Promise<void> {
    this.#ended.resolve(this.#exitCode)
    const children = [...this.#parts.values()].map(async ({ child }) => await child?.stop(this.#signal, CHILD_GRACE_MS))
    await Promise.all([...children, this.#deps.standing.stop()])
  }

  async #startChild (part: Part): Promise<void> {
    const { prepareEnv, print, folderOf } = this.#deps
    const { file: { name, command, env: own }, standing } = part
    const [first] = standing
    if (command === undefined || first === undefined) return
    const child = await startChild(command, {
      env: { ...await prepareEnv(first), ...describe([...standing]), ...own },
      stdout: line => { print(name, line) },
      cwd: folderOf(part.file)
    })
    part.child = child
    void child.exited.then(async exitCode => {
      part.child = undefined
      this.#deps.report.note(`${name}: its program ended with ${exitCode}.`)
      this.#fail(exitCode)
      await this.#end(part)
    }, (error: unknown) => { this.#ended.reject(toWaylayError(error)) })
  }

  /** Ends one; with the last one all is over. */
  async #end (part: Part): Promise<void> {
    if (!this.#parts.delete(part.file.name)) return
    const stopping = [...part.standing].map(async intercept => { await intercept.stop() })
    await Promise.all([...stopping, part.child?.stop('SIGTERM', CHILD_GRACE_MS)])
    if (this.#parts.size === 0) this.#ended.resolve(this.#exitCode)
  }

  /** The first failure counts. */
  #fail (exitCode: number): void {
    if (this.#exitCode === 0) this.#exitCode = exitCode
  }
}

/** The same as `waylay intercept` tells its program. */
function describe (standing: readonly StandingIntercept[]): Readonly<Record<string, string>> {
  const list = (values: readonly string[]): string => [...new Set(values)].join(',')
  return {
    WAYLAY_INTERCEPT: list(standing.map(({ name }) => name)),
    WAYLAY_NAMESPACE: list(standing.map(({ namespace }) => namespace)),
    WAYLAY_WORKLOAD: list(standing.map(({ workload }) => workload))
  }
}
