import { toWaylayError } from '../../common/errors.ts'
import type { Logger } from '../../common/log.ts'
import { writeEvent, type EventObject, type Told } from './event.ts'

export type EventOutcome = 'created' | 'known' | 'failed' | 'dropped'

export type ReporterDeps = {
  /** False where an Event of that name is there already. */
  readonly create: (event: EventObject) => Promise<boolean>
  readonly isForbidden: (error: unknown) => boolean
  readonly nowMs: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>
  readonly onOutcome: (outcome: EventOutcome) => void
  readonly log: Logger
}

/** Writes Events beside the answers, slowly and without ever failing. */
export type Reporter = {
  /** Takes no time; one that was told lately, or one too many, is dropped. */
  readonly tell: (told: Told) => void
  /** Writes what was told until the signal fires. */
  readonly run: (signal: AbortSignal) => Promise<void>
}

/** Between two Events: thousands of pods may be skipped at once, and nobody reads thousands of Events. */
const PAUSE_MS = 50
const MAX_WAITING = 500
const MAX_REMEMBERED = 5000

export function createReporter (deps: ReporterDeps): Reporter {
  const waiting: EventObject[] = []
  const told = new Set<string>()
  let wake = (): void => {}
  const write = createWriter(deps)
  return {
    tell: what => {
      const event = writeEvent(what, deps.nowMs())
      const key = `${event.metadata.namespace}/${event.metadata.name}`
      if (told.has(key)) return
      if (waiting.length >= MAX_WAITING) return deps.onOutcome('dropped')
      if (told.size >= MAX_REMEMBERED) told.clear()
      told.add(key)
      waiting.push(event)
      wake()
    },
    run: async signal => {
      signal.addEventListener('abort', () => wake(), { once: true })
      while (!signal.aborted) {
        const event = waiting.shift()
        if (event !== undefined) {
          deps.onOutcome(await write(event))
          await deps.wait(PAUSE_MS, signal)
        } else await new Promise<void>(resolve => { wake = resolve })
      }
    }
  }
}

/** A missing right is said once, anything else each time. */
function createWriter ({ create, isForbidden, log }: ReporterDeps): (event: EventObject) => Promise<EventOutcome> {
  let isTold = false
  return async event => {
    try {
      return await create(event) ? 'created' : 'known'
    } catch (err) {
      const { metadata: { namespace }, reason } = event
      if (!isForbidden(err)) {
        log.warn({ event: 'event.failed', namespace, reason, err: toWaylayError(err) }, 'Event not written')
      } else if (!isTold) {
        isTold = true
        // A namespace that is being deleted answers the same.
        const hint = 'Grant "create" on events to the ServiceAccount of the webhook: apply manifests/webhook-rbac.yaml'
        log.warn({ event: 'event.forbidden', namespace, hint }, 'the webhook may not write Events')
      }
      return 'failed'
    }
  }
}
