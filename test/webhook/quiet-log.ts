import type { Logger } from '../../common/log.ts'

/** A logger that remembers the dotted events, by level. */
export function quietLog (): { readonly log: Logger, readonly events: string[] } {
  const events: string[] = []
  const remember = (level: string) => (fields: unknown) => {
    events.push(`${level} ${String((fields as { event?: unknown }).event)}`)
  }
  const log = { error: remember('error'), warn: remember('warn'), info: remember('info'), debug: remember('debug') }
  return { log, events }
}
