import type { Logger } from '../../common/log.ts'
import { toWaylayError } from '../../common/errors.ts'
import type { Keys } from './keys.ts'

/** What keeping needs from outside. */
export type KeeperDeps = {
  readonly loadKeys: () => Promise<Keys>
  /** Called with every set of keys that differs from the last. */
  readonly useKeys: (keys: Keys) => void
  /** Writes the authority into the webhook configuration. Returns whether it had to. */
  readonly writeCaBundle: (authorityPem: string) => Promise<boolean>
  /** Called once the API server trusts what we serve. */
  readonly onTrusted: () => void
  /** Resolves after the time, or at once when the signal fires. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Logger
}

const CHECK_MS = 60_000
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 30_000

/**
 * Keeps the keys in use and the configuration's caBundle level with the Secret, until the signal fires. Somebody may
 * reset either at any time, and at start the API server may not be there yet: so it is one loop for all of it.
 */
export async function keepKeys (deps: KeeperDeps, signal: AbortSignal): Promise<void> {
  const checkOnce = createCheck(deps)
  let retryMs = FIRST_RETRY_MS
  while (!signal.aborted) {
    try {
      await checkOnce()
      retryMs = FIRST_RETRY_MS
      await deps.wait(CHECK_MS, signal)
    } catch (error) {
      deps.log.warn({ event: 'keys.check-failed', retryMs, err: toWaylayError(error) }, 'keys not checked, trying again')
      await deps.wait(retryMs, signal)
      retryMs = Math.min(retryMs * 2, LONGEST_RETRY_MS)
    }
  }
}

function createCheck (deps: KeeperDeps): () => Promise<void> {
  let used: string | undefined
  return async () => {
    const keys = await deps.loadKeys()
    const identity = JSON.stringify(keys)
    if (identity !== used) {
      deps.useKeys(keys)
      used = identity
      deps.log.info({ event: 'keys.in-use' }, 'keys in use')
    }
    if (await deps.writeCaBundle(keys.authority.certificate)) {
      deps.log.info({ event: 'ca-bundle.written' }, 'certificate authority written into the webhook configuration')
    }
    deps.onTrusted()
  }
}
