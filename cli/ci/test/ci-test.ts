import type { OwnCommand } from '../../child/own-command.ts'
import { machineClock } from '../../clock.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import type { CiTestFlags } from '../../flags.ts'
import { showText } from '../../terminal/show-text.ts'
import { openAppUrl } from './app-url.ts'
import { countInCluster } from './cluster-counter.ts'
import { checkMinimums } from './minimum.ts'
import { exitCodeOfSignal, runTests } from './run-tests.ts'
import { findSubject } from './subject.ts'

/** Runs `waylay ci test` from start to end and returns the exit code. */
export async function ciTest (command: OwnCommand, flags: CiTestFlags, deps: CliDeps): Promise<number> {
  const cluster = openCluster(flags, deps)
  const stopped = Promise.withResolvers<NodeJS.Signals>()
  const offSignals = deps.onStopSignal(signal => { stopped.resolve(signal) })
  try {
    const ready = prepare(cluster, flags, deps)
    const early = await Promise.race([ready, stopped.promise])
    if (typeof early === 'string') {
      // Also where it is there only by now.
      ready.then(({ stop }) => { stop() }, () => {})
      return exitCodeOfSignal(early)
    }
    const { subject, counter, app, stop } = early
    try {
      return await runTests({ command, subject, counter, url: app.url, flags, deps, stopped: stopped.promise })
    } finally {
      stop()
    }
  } finally {
    offSignals()
    cluster.close()
  }
}

/** All that may be missing is found out before the tests begin. */
async function prepare (cluster: Cluster, flags: CiTestFlags, deps: CliDeps) {
  const note = (line: string): void => { deps.output.note(showText(line)) }
  const subject = await findSubject(cluster, flags)
  checkMinimums(subject.counted, flags.minMatches ?? [])
  const [counter, app] = await Promise.all([
    countInCluster(cluster, subject.counted, machineClock),
    openAppUrl(cluster, subject, { flags, note })
  ])
  const [header] = subject.headers
  if (header !== undefined) note(`waylay: your tests' requests carry ${header.name}: ${header.value} (WAYLAY_HEADER)`)
  if (app.url !== undefined) note(`waylay: they reach the app at ${app.url} (WAYLAY_URL)`)
  return {
    subject,
    counter,
    app,
    stop: () => {
      counter.stop()
      app.stop()
    }
  }
}
