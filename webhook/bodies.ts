import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'

/** How much of requests' bodies may be in memory. */
export type BodyLimits = {
  /** Up to this a body is not counted: nearly every pod. The number of connections bounds them. */
  readonly smallBytes: number
  /** No body may be larger; what has no length counts as much. */
  readonly largestBytes: number
  /** All larger ones together. Who finds no room waits unread, until the API server gives up. */
  readonly totalBytes: number
  /** A body that takes longer is a stuck one. */
  readonly timeoutMs: number
  /** The same of one that takes room from others. */
  readonly largeTimeoutMs: number
}

type Waiting = { readonly peer: string, readonly bytes: number, readonly begin: () => void }

/** Returns a handler to be put in front of whatever reads bodies. */
export function limitBodies (limits: BodyLimits): RequestHandler {
  let freeBytes = limits.totalBytes
  const waiting = new Set<Waiting>()
  const turns = createTurns(waiting)
  const letIn = (): void => {
    for (let one = turns.next(); one !== undefined && one.bytes <= freeBytes; one = turns.next()) {
      freeBytes -= one.bytes
      waiting.delete(one)
      turns.took(one)
      one.begin()
    }
  }
  return (req, res, next) => {
    const bytes = bytesOf(req, limits)
    let taken = 0
    const begin = (): void => {
      taken = bytes
      const timer = setTimeout(() => { req.destroy() }, bytes === 0 ? limits.timeoutMs : limits.largeTimeoutMs)
      req.on('end', () => { clearTimeout(timer) })
      req.on('close', () => { clearTimeout(timer) })
      next()
    }
    if (bytes === 0) return begin()
    const one: Waiting = { peer: req.socket.remoteAddress ?? '', bytes, begin }
    res.on('close', () => {
      freeBytes += taken
      waiting.delete(one)
      letIn()
    })
    waiting.add(one)
    letIn()
  }
}

/**
 * Whose turn it is: that of the peer whose last one is the longest ago, so that however many bodies one address sends,
 * those of another wait for one of them at most.
 */
function createTurns (waiting: ReadonlySet<Waiting>) {
  const lastTurns = new Map<string, number>()
  let turn = 0
  return {
    next: (): Waiting | undefined => {
      let next: Waiting | undefined
      for (const one of waiting) {
        if (next === undefined || (lastTurns.get(one.peer) ?? 0) < (lastTurns.get(next.peer) ?? 0)) next = one
      }
      return next
    },
    took: ({ peer }: Waiting): void => {
      lastTurns.set(peer, ++turn)
      // Of those that have nothing more to wait for nothing is kept.
      const peers = new Set([...waiting].map(one => one.peer))
      for (const known of lastTurns.keys()) if (known !== peer && !peers.has(known)) lastTurns.delete(known)
    }
  }
}

function bytesOf ({ headers }: IncomingMessage, { smallBytes, largestBytes }: BodyLimits): number {
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  if (length === undefined) return headers['transfer-encoding'] === undefined ? 0 : largestBytes
  // What is too large is refused by its reader, before it reads.
  return length <= smallBytes || length > largestBytes ? 0 : length
}
