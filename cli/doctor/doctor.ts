import { toWaylayError } from '../../common/errors.ts'
import { EXIT_CODES, FAILURES } from '../../common/failures.ts'
import { VERSION } from '../../common/version.ts'
import { openCluster, type Cluster } from '../cluster/kubeconfig.ts'
import type { CliDeps } from '../deps.ts'
import { failOf, skipped, type CheckResult } from './check.ts'
import { checkApiServer, checkClock } from './check-cluster.ts'
import { checkGateway } from './check-gateway.ts'
import { checkCertificate, checkInjection, checkInstalled, checkNamespace } from './check-installation.ts'
import { checkPath } from './check-path.ts'
import { checkInjected, checkRedirects } from './check-pods.ts'
import { checkPropagation } from './check-propagation.ts'
import { checkRights } from './check-rights.ts'
import { checkTunnel } from './check-tunnel.ts'
import { findPatient } from './find-patient.ts'
import { untilAborted } from '../until-aborted.ts'
import type { DoctorFlags } from '../flags.ts'
import { showText } from '../terminal/show-text.ts'

/** `waylay doctor --output json`: docs/schemas/doctor.schema.json. */
export type Diagnosis = {
  /** Nothing fails. */
  readonly ok: boolean
  readonly version: string
  readonly context: string
  readonly namespace: string
  readonly workload: string | null
  readonly checks: readonly CheckResult[]
}

// As shells count SIGINT.
const INTERRUPTED_EXIT_CODE = 130

/** Prints what is well and what is not, and returns the exit code: 0 when nothing fails. */
export async function doctor (wanted: string | undefined, flags: DoctorFlags, deps: CliDeps): Promise<number> {
  const stopping = new AbortController()
  const offSignals = deps.onStopSignal(() => { stopping.abort() })
  const cluster = openCluster(flags, deps)
  try {
    const print = flags.output === 'json' ? () => {} : (check: CheckResult) => { printCheck(check, deps) }
    const options = { hostName: deps.hostName, appPort: flags.appPort, signal: stopping.signal, print }
    const diagnosis = await diagnose(cluster, wanted, options)
    if (flags.output === 'json') deps.output.result(JSON.stringify(diagnosis, null, 2))
    else deps.output.note(summaryOf(diagnosis))
    return stopping.signal.aborted ? INTERRUPTED_EXIT_CODE : exitCodeOf(diagnosis)
  } finally {
    offSignals()
    cluster.close()
  }
}

export type DiagnoseOptions = {
  readonly hostName: string
  readonly appPort: number | undefined
  readonly signal: AbortSignal
  readonly print: (check: CheckResult) => void
}

/** Makes all checks. Never rejects: a check that breaks is a failed check. */
export async function diagnose (
  cluster: Cluster, wanted: string | undefined, options: DiagnoseOptions
): Promise<Diagnosis> {
  const checks: CheckResult[] = []
  let workload: string | null = null
  const tell = (found: readonly CheckResult[]): void => {
    for (const check of found) {
      checks.push(check)
      options.print(check)
    }
  }
  try {
    const apiServer = await untilAborted(options.signal, checkApiServer(cluster))
    tell([apiServer])
    for (const group of startGeneral(cluster, apiServer)) tell(await untilAborted(options.signal, group))
    workload = await checkWorkload(cluster, wanted, options, tell)
  } catch (error) {
    if (options.signal.aborted) tell([skipped('interrupted', 'Interrupted: what is missing here was not checked')])
    else tell([failOf(checks.length === 0 ? 'api-server' : 'workload', toWaylayError(error))])
  }
  const isOk = !checks.some(({ state }) => state === 'fail')
  return { ok: isOk, version: VERSION, context: cluster.context, namespace: cluster.namespace, workload, checks }
}

type Group = Promise<readonly CheckResult[]>

/** What needs no pod, asked at the same time and told in this order. */
function startGeneral (cluster: Cluster, apiServer: CheckResult): readonly Group[] {
  const { namespace } = cluster
  const kubernetes = /Kubernetes (v[\d.]+)/.exec(apiServer.text)?.[1] ?? ''
  return [
    caught('clock', checkClock(cluster, Date.now).then(check => [check])),
    caught('installed', checkInstalled(cluster, namespace)),
    caught('certificate', checkCertificate(cluster, Date.now()).then(check => [check])),
    caught('preview-gateway', checkGateway(cluster)),
    caught('namespace', checkNamespace(cluster, namespace)),
    caught('injection', checkInjection(cluster, namespace).then(check => [check])),
    caught('rights', checkRights(cluster, namespace, kubernetes))
  ]
}

async function checkWorkload (
  cluster: Cluster, wanted: string | undefined, options: DiagnoseOptions, tell: (found: readonly CheckResult[]) => void
): Promise<string | null> {
  const { signal, hostName, appPort } = options
  const patient = await untilAborted(signal, findPatient(cluster, wanted, signal))
  tell([...checkInjected(patient), ...checkPropagation(patient)])
  tell(await untilAborted(signal, caught('redirect', checkRedirects(patient))))
  tell([await untilAborted(signal, checkTunnel(patient))])
  // Not left before it has tidied up.
  tell(await checkPath(patient, hostName, appPort))
  return patient.workload ?? null
}

/** A check that breaks must not keep the others from being told. */
async function caught (name: string, group: Group): Group {
  return await group.catch((error: unknown) => [failOf(name, toWaylayError(error))])
}

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL', skipped: '-   ' } as const

function printCheck ({ state, text, next }: CheckResult, { output }: CliDeps): void {
  output.result(showText(`${MARKS[state]} ${text}.`))
  if (next !== undefined) output.result(showText(`       Try:  ${next}`))
}

function summaryOf ({ checks }: Diagnosis): string {
  const count = (state: CheckResult['state']): number => checks.filter(check => check.state === state).length
  return `${count('ok')} ok, ${count('warn')} warnings, ${count('fail')} failed, ${count('skipped')} not asked.`
}

function exitCodeOf ({ checks }: Diagnosis): number {
  const failed = checks.find(({ state }) => state === 'fail')
  return failed === undefined ? 0 : EXIT_CODES[FAILURES[failed.code ?? 'WAYLAY_INTERNAL'].class]
}
