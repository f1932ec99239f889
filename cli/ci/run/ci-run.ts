import { rm } from 'node:fs/promises'
import { randomValue } from '../../../intercepts/label.ts'
import type { OwnCommand } from '../../child/own-command.ts'
import type { CliDeps } from '../../deps.ts'
import type { CiRunFlags, InterceptFlags } from '../../flags.ts'
import type { Course } from '../../intercept/course.ts'
import { intercept, type InterceptRequest } from '../../intercept/intercept.ts'
import type { Ending } from '../../intercept/report/ending.ts'
import type { StandingIntercept } from '../../intercept/standing/standing-intercept.ts'
import { openAppUrl } from '../test/app-url.ts'
import type { Counter } from '../test/count.ts'
import { exitCodeOfSignal, runTests } from '../test/run-tests.ts'
import type { Subject } from '../test/subject.ts'
import { removeOldFile, writeReadyFile } from '../ready-file.ts'
import { jobLabel } from './job-label.ts'

export type CiRunRequest = Omit<InterceptRequest, 'flags'> & {
  readonly flags: CiRunFlags
  readonly tests: OwnCommand | undefined
}

/** Runs `waylay ci run` from start to end and returns the exit code. */
export async function ciRun ({ workload, ports, command, flags, tests }: CiRunRequest, deps: CliDeps): Promise<number> {
  const { readyFile } = flags
  let stoppedBy: NodeJS.Signals | undefined
  let isTested = false
  const course: Course = {
    startTimeoutMs: flags.startTimeout,
    needsProgram: tests !== undefined,
    whenStands: async ({ cluster, intercepts, ended, note }) => {
      const subject = subjectOf(intercepts)
      if (readyFile !== undefined) await writeReadyFile(readyFile, { ...subject, pid: process.pid })
      if (tests === undefined) return undefined
      const app = await openAppUrl(cluster, subject, { flags, note })
      try {
        const stopped = ended.then(ending => ending.kind === 'stopped' ? ending.signal : 'SIGTERM')
        const stdout = flags.output === 'json' ? 'stderr' : 'stdout'
        const exitCode = await runTests({
          command: tests, subject, counter: countHere(intercepts), url: app.url, flags, deps, stopped, stdout
        })
        isTested = true
        return { kind: 'command', exitCode } satisfies Ending
      } finally {
        app.stop()
      }
    }
  }
  if (readyFile !== undefined) await removeOldFile(readyFile)
  try {
    const exitCode = await intercept({ workload, ports, command, flags: withOwnValue(flags, deps) }, {
      ...deps,
      onStopSignal: callback => deps.onStopSignal(signal => {
        if (!isTested) stoppedBy ??= signal
        callback(signal)
      })
    }, course)
    // Tests that were stopped before their end have not passed.
    return exitCode === 0 && tests !== undefined && stoppedBy !== undefined ? exitCodeOfSignal(stoppedBy) : exitCode
  } finally {
    // That it cannot be removed is no reason to lose the exit code.
    if (readyFile !== undefined) await rm(readyFile, { force: true }).catch(() => {})
  }
}

/** A job has no home where a value is kept, and two jobs at once are two. */
function withOwnValue (flags: CiRunFlags, { env }: CliDeps): InterceptFlags {
  const needsNone = flags.id !== undefined || flags.httpHeader !== undefined || flags.global === true || env['WAYLAY_ID']
  return needsNone ? flags : { ...flags, id: randomValue(jobLabel(env)) }
}

function subjectOf (intercepts: readonly StandingIntercept[]): Subject {
  const headers = intercepts[0]?.wish.match.headers ?? []
  return {
    headers: headers.filter(({ type }) => type === 'Exact').map(({ name, value }) => ({ name, value })),
    counted: intercepts.map(toCounted)
  }
}

function toCounted ({ namespace, name, workload, port }: StandingIntercept): Subject['counted'][number] {
  return { namespace, intercept: name, workload, port }
}

// What a pod saw is on its way for as long as a connection takes.
const LAST_WORD_MS = 1000

/** What this process diverts it need not ask the cluster for. */
function countHere (intercepts: readonly StandingIntercept[]): Counter {
  const before = intercepts.map(({ requests }) => requests)
  return {
    async settle () {
      await new Promise(resolve => { setTimeout(resolve, LAST_WORD_MS) })
      return intercepts.map((one, index) => ({ ...toCounted(one), requests: one.requests - (before[index] ?? 0) }))
    },
    diagnose: async () => intercepts.map(({ workload, port, pods }) =>
      `${workload} port ${port}: the intercept stands on ${pods.diverting} of ${pods.running} pods.`),
    stop: () => {}
  }
}
