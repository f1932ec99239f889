import type { Logger } from '../../common/log.ts'

/** What a Secret of type kubernetes.io/dockerconfigjson holds, base64 as the API has it. */
export type DockerConfig = string

/** How a write of a copy ended. `changed`: somebody was faster. */
export type Written = 'done' | 'changed' | 'forbidden'

/** Copies of the pull secret in namespaces of apps, each under the one name that we may read. */
export type Copies = {
  /** `isOurs`: by its label, so that nobody's own Secret of that name is ever overwritten. */
  readonly read: (namespace: string) => Promise<Copy | 'forbidden' | undefined>
  readonly create: (namespace: string, config: DockerConfig) => Promise<Written>
  readonly replace: (namespace: string, config: DockerConfig, copy: Copy) => Promise<Written>
}

export type Copy = {
  readonly config: DockerConfig | undefined
  readonly isOurs: boolean
  readonly version: string
  /** When it was last written, by the API server's clock. */
  readonly writtenMs: number
}

/** Whether the images of a namespace's injected pods can be pulled with the Secret. `forbidden`: who knows. */
export type Readiness = 'ready' | 'missing' | 'forbidden' | 'failed'

type KeeperDeps = {
  /** The Secret of waylay-system as it is mounted; undefined where it is not there. */
  readonly readSource: () => Promise<DockerConfig | undefined>
  readonly copies: Copies
  /** The API server's clock. */
  readonly nowMs: () => number
  readonly monotonicMs: () => number
  readonly log: Logger
}

/** How long a namespace's copy counts as good without a look: a new password reaches the copy within this time. */
const LOOK_AGAIN_MS = 60_000

/**
 * The kubelets bring a changed Secret to each replica's mount within a minute or two, and none can see whose is newer:
 * what another has written meanwhile may be the new one.
 */
const SETTLE_MS = 3 * 60_000

type Known = {
  readonly readiness: Promise<Readiness>
  readonly atMs: number
  /** Whether the look has ended, and well. */
  isGood: boolean
}

/** Keeps a copy of the pull secret in each namespace that it is asked about. */
export function createPullSecretKeeper ({ readSource, copies, nowMs, monotonicMs, log }: KeeperDeps) {
  const known = new Map<string, Known>()

  const prepare = async (namespace: string): Promise<Readiness> => {
    const config = await readSource()
    if (config === undefined) return 'missing'
    const copy = await copies.read(namespace)
    if (copy === 'forbidden') return 'forbidden'
    if (copy !== undefined && (copy.config === config || !copy.isOurs)) return 'ready'
    if (copy !== undefined && nowMs() - copy.writtenMs < SETTLE_MS) return 'ready'
    const written = copy === undefined
      ? await copies.create(namespace, config)
      : await copies.replace(namespace, config, copy)
    // Whoever was faster has the same source, or is followed like anybody who wrote before us.
    return written === 'forbidden' ? 'forbidden' : 'ready'
  }

  const prepareSafely = async (namespace: string): Promise<Readiness> => {
    try {
      return await prepare(namespace)
    } catch (error) {
      log.warn({ event: 'pull-secret.failed', namespace, err: error }, 'pull secret not copied')
      return 'failed'
    }
  }

  const look = async (namespace: string, isGood: boolean): Promise<Readiness> => {
    const readiness = prepareSafely(namespace)
    const one: Known = { readiness: isGood ? Promise.resolve('ready') : readiness, atMs: monotonicMs(), isGood }
    known.set(namespace, one)
    const found = await readiness
    if (found === 'ready') one.isGood = true
    // A copy that was good is no worse for an answer that did not come. Else only what is good is worth remembering.
    else if ((!isGood || found !== 'failed') && known.get(namespace) === one) known.delete(namespace)
    return found
  }

  /** Never rejects. Pods that come together share one look, and wait for none where the last was good. */
  return async (namespace: string): Promise<Readiness> => {
    const before = known.get(namespace)
    if (before !== undefined && monotonicMs() - before.atMs < LOOK_AGAIN_MS) return await before.readiness
    const readiness = look(namespace, before?.isGood === true)
    return before?.isGood === true ? 'ready' : await readiness
  }
}
