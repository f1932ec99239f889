import type { Duplex } from 'node:stream'
import type { DeveloperLink } from './developer-link.ts'

/** Hands a link's stream to somebody who copies bytes, as soon as the far side has accepted it. */
export function takeOverWhenAccepted (
  link: DeveloperLink,
  takeOver: (stream: Duplex) => void,
  onFailure: () => void
): void {
  if (link.accepted) return takeOver(link.release())
  link.listen({
    onAccepted: () => takeOver(link.release()),
    onFailure,
    // The stream's bytes wait until it is taken over, its end too.
    onData: () => {},
    onEnd: () => {},
    onDrain: () => {}
  })
  link.flush()
}

/** Listens to a link before any request: under a global intercept the developer's program may be the one to begin. */
export function hearServerFirst (link: DeveloperLink, hears: {
  readonly onData: (bytes: Buffer) => void
  readonly onEnd: () => void
  /** There is no session any more. That the program refuses is said when a request comes. */
  readonly onGone: () => void
}): void {
  link.listen({
    ...hears,
    onFailure: code => code === 'WAYLAY_DEVELOPER_GONE' && hears.onGone(),
    onDrain: () => {}
  })
  link.flush()
}
