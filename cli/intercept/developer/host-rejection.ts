import type { Socket } from 'node:net'
import type { Developer } from './developer.ts'

/** A dev server's answer is short: head and body are in the first bytes. */
const MAX_SEEN_BYTES = 4096
// Vite and what is built on it; webpack-dev-server (older ones say so with 200) and Starlette; Django; Rails; Rack;
// Werkzeug; Microsoft's servers.
const PHRASES = /Blocked request\. This host|Invalid Host header|DisallowedHost|Invalid HTTP_HOST header|Blocked hosts?:|Host not permitted|Host &#x27;.{0,260}&#x27; is not trusted|Host '.{0,260}' is not trusted|Invalid Hostname/i
const STATUS = /^HTTP\/1\.[01] (200|400|403|421) /

/** Whether these first bytes of a program's answer refuse the request for its Host. */
export function refusesHost (answer: Buffer): boolean {
  // Most answers are none of these and cost no more than their status.
  const status = STATUS.exec(answer.toString('latin1', 0, 13))?.[1]
  if (status === undefined) return false
  const text = answer.toString('latin1', 0, MAX_SEEN_BYTES)
  const found = PHRASES.exec(text)
  // A page that talks about it is no refusal.
  return found !== null && (status !== '200' || text.endsWith('Invalid Host header'))
}

/**
 * Watches the first bytes that the developer's program answers on one connection. Has to be called before anybody
 * reads; costs nothing once it has seen them.
 */
export function watchForRefusedHost (program: Socket, onRefused: () => void): void {
  let seen: Buffer = Buffer.alloc(0)
  const look = (bytes: Buffer): void => {
    seen = seen.length === 0 ? bytes : Buffer.concat([seen, bytes])
    const isRefused = refusesHost(seen)
    // A body may come right behind its head.
    if (isRefused || seen.length >= MAX_SEEN_BYTES || !STATUS.test(seen.toString('latin1', 0, 13)) || looks++ > 0) {
      program.off('data', look)
    }
    if (isRefused) onRefused()
  }
  let looks = 0
  program.on('data', look)
}

/** The developer's program, watched on each new connection. */
export function withHostHint (developer: Developer, hint: () => void): Developer {
  return {
    ...developer,
    dial: async () => {
      const socket = await developer.dial()
      watchForRefusedHost(socket, hint)
      return socket
    }
  }
}

/**
 * Says once what to add to the command line.
 *
 * @param hostHeader what the developer gave already.
 */
export function createHostHint (
  developerPort: number, hostHeader: string | undefined, note: (line: string) => void
): () => void {
  let isSaid = false
  return () => {
    if (isSaid) return
    isSaid = true
    note(hostHeader === undefined
      ? `Your program refuses the Host of these requests. Add: --host-header localhost:${developerPort}`
      : `Your program refuses the Host "${hostHeader}" too. Give the one that it allows: --host-header <host>`)
  }
}
