import { toWaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { Pod } from '../cluster/pods.ts'
import type { EnvironmentFlags } from './environment-flags.ts'
import { isOfMachine, mergeEnv } from './child-env.ts'
import { choosePod } from './choose-pod.ts'
import { createConfigSource } from './config-source.ts'
import { excludes } from './exclude.ts'
import { formatLines } from './formats.ts'
import { KUBERNETES_VARIABLES } from './links.ts'
import { readPodFiles, type PodFiles } from './mount.ts'
import { MountFolder } from './mount-folder.ts'
import { resolvePodEnv, type PodEnv } from './pod-env.ts'
import { renewTokens } from './renew-tokens.ts'
import { writePrivateFile } from './write-file.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Pods of one workload, and the app's port: it says which container is meant where none is named. */
export type PodPlace = {
  readonly workload: { readonly id: string, readonly namespace: string }
  readonly pods: readonly Pod[]
  readonly port: { readonly port: number }
}

export type PrepareOptions = {
  readonly cluster: Cluster
  readonly place: PodPlace
  readonly flags: EnvironmentFlags
  /** Whether a program is going to be started by us. */
  readonly startsProgram: boolean
  /** The developer's own environment. */
  readonly env: Env
  readonly platform: NodeJS.Platform
  readonly note: (line: string) => void
  /** Calls back when the process ends, however soon. Returns what takes that back. */
  readonly onExit: (callback: () => void) => () => void
}

export type PreparedEnvironment = {
  /** For a program that is started by us. */
  readonly env: Env
  /** Takes the pod's files away again. */
  readonly stop: () => void
}

/** What `intercept` keeps for as long as it runs. */
export type EnvironmentKeeper = {
  /** Whether something is written for others to read. */
  readonly writesFiles: boolean
  /** @throws {WaylayError} as `prepareEnvironment`. */
  readonly prepare: (place: PodPlace | undefined) => Promise<Env>
  /** Takes the pod's files away, also those that a preparation under way is yet to write. */
  readonly stop: () => void
}

export function createEnvironmentKeeper (options: Omit<PrepareOptions, 'place'>): EnvironmentKeeper {
  const prepared: PreparedEnvironment[] = []
  let isStopped = false
  return {
    writesFiles: writesFiles(options.flags),
    async prepare (place) {
      if (place === undefined) return options.env
      const environment = await prepareEnvironment({ ...options, place })
      if (isStopped) environment.stop()
      else prepared.push(environment)
      return environment.env
    },
    stop () {
      isStopped = true
      for (const { stop } of prepared.splice(0)) stop()
    }
  }
}

/**
 * Brings the pod's environment and files to this machine, as the flags say.
 *
 * @throws {WaylayError} for what was asked for by a flag. A program alone is started without the pod's environment
 *   where it cannot be had, with a warning: whoever may intercept need not have the right to read Secrets.
 */
export async function prepareEnvironment (options: PrepareOptions): Promise<PreparedEnvironment> {
  const { flags, startsProgram, env, note } = options
  const nothing = { env, stop: () => {} }
  if (writesFiles(flags)) return await prepare(options)
  if (!startsProgram || flags.env === false) return nothing
  try {
    return await prepare(options)
  } catch (error) {
    const { message, hint } = toWaylayError(error)
    note(`Warning: your program starts without the pod's environment: ${message}`)
    note(`  Try:   ${hint}`)
    note('  Or say --no-env to start it without, and without this warning.')
    return nothing
  }
}

function writesFiles ({ envFile, envJson, mount }: EnvironmentFlags): boolean {
  return [envFile, envJson, mount].some(flag => flag !== undefined)
}

async function prepare (options: PrepareOptions): Promise<PreparedEnvironment> {
  const { cluster, place, flags, platform } = options
  const pod = choosePod(place.pods, place.workload.id)
  const source = createConfigSource(cluster, place.workload.namespace)
  const isExcluded = excludes(flags.envExclude)
  const podEnv = await resolvePodEnv(cluster, pod, {
    container: flags.container, port: place.port.port, isExcluded, source
  })
  const files = flags.mount === undefined
    ? undefined
    : await readPodFiles({ cluster, pod, env: podEnv, source, withTokens: flags.mountTokens === true, platform })
  warn(options, podEnv, files)
  await writeEnvFiles(podEnv, flags)
  const mounted = files === undefined || flags.mount === undefined ? undefined : mount(flags.mount, files, options)
  const wantsEnv = options.startsProgram && flags.env !== false
  const env = wantsEnv ? mergeEnv(options.env, podEnv.variables, platform) : options.env
  return {
    env: mounted === undefined ? env : { ...env, WAYLAY_MOUNT: mounted.path },
    stop: mounted?.stop ?? (() => {})
  }
}

async function writeEnvFiles ({ variables }: PodEnv, flags: EnvironmentFlags): Promise<void> {
  const { envFile, envFormat = 'portable', envJson } = flags
  // All that may be refused is refused before anything is written.
  const lines = envFile === undefined ? [] : formatLines(variables, envFormat)
  const object = Object.fromEntries(variables.map(({ name, value }) => [name, value]))
  if (envFile !== undefined) await writePrivateFile(envFile, lines.map(line => `${line}\n`).join(''))
  if (envJson !== undefined) await writePrivateFile(envJson, `${JSON.stringify(object, null, 2)}\n`)
}

type Mounted = { readonly path: string, readonly stop: () => void }

function mount (wanted: string, { plan }: PodFiles, { note, onExit }: PrepareOptions): Mounted {
  const folder = new MountFolder(wanted)
  // From here on the files have to go whatever happens.
  const offExit = onExit(() => { folder.remove() })
  let stopRenewing = (): void => {}
  const stop = (): void => {
    stopRenewing()
    const left = folder.remove()
    offExit()
    if (left.length > 0) note(`Warning: ${folder.path} holds what waylay did not write, and is left: ${left.join(', ')}`)
  }
  try {
    folder.write(plan)
  } catch (error) {
    stop()
    throw error
  }
  stopRenewing = renewTokens(folder, plan.files, note)
  note(`${plan.files.size} ${plan.files.size === 1 ? 'file' : 'files'} of the pod ${plan.files.size === 1 ? 'is' : 'are'} in ${folder.path} until this command ends.`)
  return { path: folder.path, stop }
}

function warn ({ flags, note, platform }: PrepareOptions, env: PodEnv, files: PodFiles | undefined): void {
  const writesAll = flags.envFile !== undefined || flags.envJson !== undefined
  for (const { about, text } of [...env.warnings, ...files?.warnings ?? []]) {
    // A program does not get these anyway.
    const isMoot = !writesAll && (about === KUBERNETES_VARIABLES || isOfMachine(about, platform))
    if (!isMoot) note(`Warning: ${text}`)
  }
  const notCopied = files?.plan.notCopied ?? []
  if (notCopied.length > 0) note(`Not copied: ${notCopied.join(', ')}.`)
  if ([...files?.plan.files.values() ?? []].some(({ token }) => token !== undefined)) {
    note('Warning: the pod\'s service account tokens are on this machine: whoever reads them acts as the app until this command ends.')
  }
}
