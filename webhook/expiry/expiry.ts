import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import type { Environment } from '../../environments/object.ts'
import type { Rhythm } from '../keep-looking.ts'

/** What the expiry needs from outside. */
export type ExpiryDeps = {
  /** Every Environment there is, page by page. */
  readonly list: () => AsyncIterable<readonly Environment[]>
  /** Deletes it as long as it is the very version that we saw. False when it is another by now, or gone. */
  readonly remove: (environment: Environment) => Promise<boolean>
  /** The API server's clock, ms since the epoch. */
  readonly serverNowMs: () => number
  readonly log: Logger
}

export const EXPIRY_RHYTHM: Rhythm = {
  periodMs: 5_000,
  // Short: what expired during an outage is to be gone soon after it.
  longestRetryMs: 15_000,
  failure: { event: 'expiry.failed', text: 'environments not looked at' }
}

/**
 * Looks once at all Environments and deletes those whose time is over. Only the version that it saw: so several
 * replicas do each other no harm, and one that is renewed at that moment stays.
 */
export async function expire (deps: ExpiryDeps): Promise<void> {
  for await (const page of deps.list()) {
    for (const environment of page) {
      // Read after the list has come: the first answer sets the clock.
      if (isOver(environment, deps.serverNowMs())) await removeOne(environment, deps)
    }
  }
}

/** One whose end cannot be read stays: it was made past the schema, and deleting is not what to guess at. */
function isOver ({ metadata, spec }: Environment, nowMs: number): boolean {
  if (metadata.deletionTimestamp !== undefined) return false
  const end: unknown = (spec as Partial<Environment['spec']> | undefined)?.expiresAt
  return typeof end === 'string' && Date.parse(end) <= nowMs
}

async function removeOne (environment: Environment, deps: ExpiryDeps): Promise<void> {
  const { metadata: { namespace, name }, spec: { owner, expiresAt } } = environment
  const facts = { namespace, environment: name, owner, expiresAt }
  try {
    const isRemoved = await deps.remove(environment)
    if (isRemoved) {
      const lateSeconds = Math.round((deps.serverNowMs() - Date.parse(expiresAt)) / 1000)
      deps.log.info({ event: 'environment.expired', ...facts, lateSeconds }, 'expired environment deleted')
    } else deps.log.info({ event: 'environment.spared', ...facts }, 'expired environment changed meanwhile, spared')
  } catch (error) {
    // One that cannot be deleted must not keep the others alive.
    deps.log.warn({ event: 'environment.expiry-failed', ...facts, err: toWaylayError(error) }, 'expired environment not deleted')
  }
}
