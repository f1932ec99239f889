import type { Duplex } from 'node:stream'
import type { DeveloperLink } from './developer-link.ts'

/**
 * Hands a link's stream to somebody who copies bytes, as soon as the far side has accepted it.
 *
 * @param getLink throws when the session is gone.
 * @param takeOver gets the stream, and what the program has already sent.
 * @returns false when the session is gone; nothing is called then.
 */
export function takeOverWhenAccepted (
  getLink: () => DeveloperLink,
  takeOver: (stream: Duplex, rest: Buffer) => void,
  onFailure: () => void
): boolean {
  const link = linkOrNone(getLink)
  if (link === undefined) return false
  if (link.accepted) {
    takeOver(link.release(), Buffer.alloc(0))
    return true
  }
  link.listen({
    onAccepted: rest => takeOver(link.release(), rest),
    onFailure,
    // Nothing of the program comes before it accepted.
    onData: () => {},
    onEnd: () => {},
    onDrain: () => {}
  })
  link.flush()
  return true
}

/**
 * Listens to a link before any request: under a global intercept the developer's program may be the one to begin.
 *
 * @param getLink throws when the session is gone.
 * @returns false when the session is gone; nothing is called then.
 */
export function hearServerFirst (getLink: () => DeveloperLink, hears: {
  readonly onData: (bytes: Buffer) => void
  readonly onEnd: () => void
  /** There is no session any more. That the program refuses is said when a request comes. */
  readonly onGone: () => void
}): boolean {
  const link = linkOrNone(getLink)
  if (link === undefined) return false
  link.listen({
    ...hears,
    onFailure: code => code === 'WAYLAY_DEVELOPER_GONE' && hears.onGone(),
    onDrain: () => {}
  })
  link.flush()
  return true
}

function linkOrNone (getLink: () => DeveloperLink): DeveloperLink | undefined {
  try {
    return getLink()
  } catch {
    return undefined
  }
}
