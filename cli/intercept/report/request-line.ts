import type { TunnelEvent } from '../../../tunnel/control-messages.ts'
import { showText } from '../../terminal/show-text.ts'

/** What is told of one request. */
export type RequestFacts = Pick<TunnelEvent, 'method' | 'path' | 'status' | 'durationMs' | 'requestId' | 'reason'>

export type RequestLineOptions = {
  /** When it ended, ms since the epoch. */
  readonly atMs: number
  readonly color: boolean
  /** What stands before the method where several intercepts are told of. */
  readonly mark: string
}

// A path may be as long as a head; whoever needs the rest has their own log.
const MAX_PATH_LENGTH = 200
const MAX_ID_LENGTH = 64

/** `12:30:07 GET /charge 201 14 ms 7d1f…`: one request, for people. Never a query, never a header's value. */
export function describeRequest (
  { method = '-', path = '-', status, durationMs, requestId, reason }: RequestFacts,
  { atMs, color, mark }: RequestLineOptions
): string {
  const paint = color ? paintAnsi : (text: string): string => text
  const parts = [
    paint(new Date(atMs).toTimeString().slice(0, 8), DIM),
    `${showText(mark)}${showText(method)}`,
    showText(shorten(path, MAX_PATH_LENGTH)),
    paint(status === undefined ? '-' : String(status), colorOf(status)),
    durationMs === undefined ? '' : `${Math.round(durationMs)} ms`,
    requestId === undefined ? '' : paint(showText(shorten(requestId, MAX_ID_LENGTH)), DIM),
    reason === undefined ? '' : showText(reason)
  ]
  return parts.filter(part => part !== '').join(' ')
}

const DIM = 2
const GREEN = 32
const YELLOW = 33
const RED = 31
const CYAN = 36

function colorOf (status = 0): number {
  if (status >= 500 || status === 0) return RED
  if (status >= 400) return YELLOW
  return status >= 300 ? CYAN : GREEN
}

function paintAnsi (text: string, code: number): string {
  return `\u001b[${code}m${text}\u001b[0m`
}

function shorten (text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`
}
