import { assertNever } from '../../../common/assert-never.ts'
import { toWaylayError, WaylayError } from '../../../common/errors.ts'
import { readEnvironmentName } from '../../../environments/names.ts'
import { listIntercepts } from '../../cluster/intercepts.ts'
import { openCluster, type Cluster } from '../../cluster/kubeconfig.ts'
import type { CliDeps } from '../../deps.ts'
import type { EnvironmentDownFlags } from '../../flags.ts'
import { formatAge } from '../../terminal/age.ts'
import type { Output } from '../../terminal/output.ts'
import { settleEach, sharedFor } from '../at-once.ts'
import { removeEnvironment, type Removal } from '../remove-environment.ts'
import { findRemovable, type EnvironmentPlace } from './removable.ts'

/** What became of one. */
export type Ended = EnvironmentPlace & {
  readonly result: Removal | 'failed'
  readonly tookMs: number
  readonly failure?: WaylayError
}

// Each waits most of the time, for pods that end; they look together.
const AT_ONCE = 25
const LOOK_MS = 250
const INTERRUPTED_EXIT_CODE = 130

/** Removes environments. Returns the exit code: 130 where Ctrl-C came before all were gone. */
export async function environmentDown (
  names: readonly string[], flags: EnvironmentDownFlags, deps: CliDeps
): Promise<number> {
  checkFlags(names, flags)
  const wanted = [...new Set(names.map(readEnvironmentName))]
  const cluster = openCluster(flags, deps)
  const stopping = new AbortController()
  const offSignals = deps.onStopSignal(() => { stopping.abort() })
  try {
    const places = flags.all === true
      ? await findRemovable(cluster, flags.allNamespaces === true, deps.output)
      : wanted.map(name => ({ namespace: cluster.namespace, name }))
    const ended = await removeAll(cluster, places, { flags, output: deps.output, signal: stopping.signal })
    printEnded(ended, flags, deps.output)
    const { failure } = ended.find(({ failure }) => failure !== undefined) ?? {}
    if (failure !== undefined) throw failure
    return stopping.signal.aborted && ended.some(isLeft) ? INTERRUPTED_EXIT_CODE : 0
  } finally {
    offSignals()
    cluster.close()
  }
}

function checkFlags (names: readonly string[], { all = false, allNamespaces = false }: EnvironmentDownFlags): void {
  if ((names.length > 0) === all) {
    throw new WaylayError('WAYLAY_USAGE', 'Name an environment, or give --all, not both',
      { hint: 'waylay env down pr-123, or: waylay env down --all' })
  }
  if (!allNamespaces || all) return
  throw new WaylayError('WAYLAY_USAGE', '--all-namespaces needs --all: a name says nothing of a namespace',
    { hint: `waylay env down ${names.join(' ')} -n <namespace>, or: waylay env down --all --all-namespaces` })
}

async function removeAll (cluster: Cluster, places: readonly EnvironmentPlace[], { flags, output, signal }: {
  readonly flags: EnvironmentDownFlags
  readonly output: Output
  readonly signal: AbortSignal
}): Promise<readonly Ended[]> {
  const looks = new Map([...new Set(places.map(({ namespace }) => namespace))]
    .map(namespace => [namespace, sharedFor(LOOK_MS, async () => await listIntercepts(cluster, namespace))]))
  const settled = await settleEach(places, AT_ONCE, async ({ namespace, name }): Promise<Ended> => {
    const startMs = performance.now()
    const end = (result: Ended['result'], failure?: WaylayError): Ended =>
      ({ namespace, name, result, tookMs: Math.round(performance.now() - startMs), ...failure && { failure } })
    if (signal.aborted) return end('kept')
    const listThem = looks.get(namespace)
    const options = {
      waits: flags.wait !== false,
      timeoutMs: flags.timeout,
      report: (step: string) => { output.note(`${namespace}/${name}: ${step}`) },
      signal,
      ...listThem && { listIntercepts: listThem }
    }
    try {
      return end(await removeEnvironment(cluster, namespace, name, options))
    } catch (error) {
      return end('failed', toWaylayError(error))
    }
  })
  return settled.flatMap(result => result.status === 'fulfilled' ? [result.value] : [])
}

function isLeft ({ result }: Ended): boolean {
  return result === 'kept' || result === 'removing'
}

function printEnded (ended: readonly Ended[], flags: EnvironmentDownFlags, { result, note }: Output): void {
  if (flags.output === 'json') {
    result(JSON.stringify({ environments: ended.map(toJson) }, null, 2))
  }
  for (const one of ended) {
    const what = `${one.namespace}/${one.name}`
    switch (one.result) {
      case 'removed': (flags.output === 'json' ? note : result)(`Removed ${what} in ${formatAge(one.tookMs)}`); break
      case 'absent': note(`Environment ${what} is not there: nothing to do.`); break
      case 'removing': (flags.output === 'json' ? note : result)(`${what} is being removed; the cluster goes on with it by itself`); break
      case 'kept': note(`${what} was not removed. Run it again to go on: waylay env down ${one.name} -n ${one.namespace}`); break
      case 'failed': note(`Not removed: ${what}: ${one.failure?.message ?? ''}`); break
      default: assertNever(one.result)
    }
  }
}

function toJson ({ namespace, name, result, tookMs, failure }: Ended) {
  return { namespace, name, result, tookMs, code: failure?.code ?? null, message: failure?.message ?? null }
}
