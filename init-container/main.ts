/**
 * waylay-init: writes the redirect of one pod, then ends. Always with exit code 0: a pod without waylay is a nuisance,
 * a pod that does not start is an outage. Only a person's --dry-run gets another.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { SHARED_DIR } from '../common/contract.ts'
import { toWaylayError } from '../common/errors.ts'
import { createBackEnds } from './back-ends.ts'
import { describePlan } from './describe-plan.ts'
import { initPod, readConfig } from './init-pod.ts'
import { runCommand } from './run.ts'

const HELP = `Usage: init [--dry-run] [--shared-dir <path>] [--termination-log <path>]

Redirects the ports named in WAYLAY_CONFIG to the waylay proxy of this pod, for the address families in WAYLAY_POD_IPS.

  --dry-run                  print the commands and rules of both families, change nothing
  --shared-dir <path>        where the proxy looks for the marker (default ${SHARED_DIR})
  --termination-log <path>   where the reason of a failure goes (default /dev/termination-log)

Environment: WAYLAY_BACK_END=${createBackEnds(runCommand).map(({ name }) => name).join('|')} lets no other back end
write the rules. Without it they are tried in this order.

Exit codes: 0 always, so that the app starts; with --dry-run 2 for a bad flag or configuration.
`

const args = process.argv.slice(2)

try {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      'shared-dir': { type: 'string', default: SHARED_DIR },
      'termination-log': { type: 'string', default: '/dev/termination-log' }
    }
  })
  if (values.help) process.stdout.write(HELP)
  else if (values['dry-run']) process.stdout.write(describePlan(readConfig(process.env)))
  else redirect(values['shared-dir'], values['termination-log'])
} catch (error) {
  fail(error)
}

function redirect (sharedDir: string, terminationLog: string): void {
  const backEnds = createBackEnds(runCommand)
  const result = initPod(process.env, sharedDir, { run: runCommand, backEnds })
  if (result.kind === 'redirected') process.stdout.write(`redirected: ${JSON.stringify(result.marker)}\n`)
  else report(`Not redirected, the pod runs without waylay.\n${result.message}\n`, terminationLog)
}

/** Bad flags, or a bad configuration in a dry run. */
function fail (cause: unknown): void {
  const { message } = toWaylayError(cause)
  if (args.includes('--dry-run')) process.exitCode = 2
  report(`${cause instanceof TypeError ? cause.message : message}\nRun with --help to see the flags.\n`, '/dev/termination-log')
}

function report (text: string, terminationLog: string): void {
  process.stderr.write(text)
  try {
    // Created by the kubelet; a person's machine has none, and none must appear there.
    writeFileSync(terminationLog, text, { flag: 'r+' })
  } catch {}
}
