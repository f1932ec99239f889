import { setTimeout as delay } from 'node:timers/promises'
import { WaylayError } from '../../common/errors.ts'
import { startChild, type Child, type ChildOptions } from '../child/child.ts'
import type { OwnCommand } from '../child/own-command.ts'
import type { Developer } from './developer/developer.ts'

// The intercept is off at once; the program gets what a server needs to finish. A second Ctrl-C ends it.
const GRACE_MS = 5000
const LOOK_MS = 50

/** The developer's own program, where we start it. */
export class OwnProgram {
  readonly #command: OwnCommand | undefined
  readonly #stdout: ChildOptions['stdout']
  readonly #exited = Promise.withResolvers<number>()
  #child: Child | undefined
  #isOver = false

  /** @param command undefined where the developer starts it themselves: then nothing here does anything. */
  constructor (command: OwnCommand | undefined, stdout: ChildOptions['stdout']) {
    this.#command = command
    this.#stdout = stdout
  }

  get hasStarted (): boolean {
    return this.#child !== undefined
  }

  get isRunning (): boolean {
    return this.hasStarted && !this.#isOver
  }

  /** Its exit code. Settles never where it is not started. */
  get exited (): Promise<number> {
    return this.#exited.promise
  }

  /** @throws {WaylayError} `WAYLAY_USAGE` where it cannot be started. */
  async start (env: ChildOptions['env']): Promise<void> {
    if (this.#command === undefined || this.#isOver) return
    const child = await startChild(this.#command, { env, stdout: this.#stdout })
    this.#child = child
    void child.exited.then(exitCode => {
      this.#isOver = true
      this.#exited.resolve(exitCode)
    })
    // Stopped while it was being started.
    if (this.#isOver) await child.stop('SIGTERM', GRACE_MS)
  }

  /**
   * Starts it and waits until all that requests are delivered to takes connections. What it answers is its own matter.
   *
   * @throws {WaylayError} `WAYLAY_PORT_IN_USE` where somebody else listens there already; `WAYLAY_DEVELOPER_REFUSED`
   *   where it ended, or did not listen in time.
   */
  async startAndListen (
    env: () => Promise<ChildOptions['env']>, developers: readonly Developer[], timeoutMs: number
  ): Promise<void> {
    if (this.#command !== undefined) await refuseOthers(developers)
    await this.start(await env())
    const endMs = performance.now() + timeoutMs
    for (const developer of developers) {
      while (!await listens(developer)) {
        if (this.#isOver) throw new WaylayError('WAYLAY_DEVELOPER_REFUSED', `The program ended before it listened on ${developer.address}`)
        if (performance.now() > endMs) {
          throw new WaylayError('WAYLAY_DEVELOPER_REFUSED', `Nothing listens on ${developer.address} after ${Math.round(timeoutMs / 1000)} s`,
            { hint: 'See what the program says above, and whether --port names its port. --start-timeout gives it longer.' })
        }
        await delay(LOOK_MS)
      }
    }
  }

  /** Ends it with all that it started; one that was not started is not started any more. */
  async stop (signal: NodeJS.Signals): Promise<void> {
    if (this.#isOver) return
    this.#isOver = this.#child === undefined
    await this.#child?.stop(signal, GRACE_MS)
  }
}

async function refuseOthers (developers: readonly Developer[]): Promise<void> {
  for (const developer of developers) {
    if (!await listens(developer)) continue
    throw new WaylayError('WAYLAY_PORT_IN_USE', `Something listens on ${developer.address} before the program is started`)
  }
}

async function listens (developer: Developer): Promise<boolean> {
  try {
    (await developer.dial()).destroy()
    return true
  } catch {
    return false
  }
}
