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
}

type Waiting = { readonly bytes: number, readonly begin: () => void }

/** Returns a handler to be put in front of whatever reads bodies. */
export function limitBodies (limits: BodyLimits): RequestHandler {
  let freeBytes = limits.totalBytes
  const waiting: Waiting[] = []
  const letIn = (): void => {
    while (waiting[0] !== undefined && waiting[0].bytes <= freeBytes) {
      freeBytes -= waiting[0].bytes
      waiting.shift()?.begin()
    }
  }
  return (req, res, next) => {
    let taken = 0
    const begin = (): void => {
      taken = one.bytes
      const timer = setTimeout(() => { req.destroy() }, limits.timeoutMs)
      req.on('end', () => { clearTimeout(timer) })
      req.on('close', () => { clearTimeout(timer) })
      next()
    }
    const one: Waiting = { bytes: bytesOf(req, limits), begin }
    res.on('close', () => {
      freeBytes += taken
      const index = waiting.indexOf(one)
      if (index !== -1) waiting.splice(index, 1)
      letIn()
    })
    waiting.push(one)
    if (one.bytes === 0) waiting.splice(waiting.indexOf(one), 1)[0]?.begin()
    else letIn()
  }
}

function bytesOf ({ headers }: IncomingMessage, { smallBytes, largestBytes }: BodyLimits): number {
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  if (length === undefined) return headers['transfer-encoding'] === undefined ? 0 : largestBytes
  // What is too large is refused by its reader, before it reads.
  return length <= smallBytes || length > largestBytes ? 0 : length
}
