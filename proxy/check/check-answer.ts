import { CHECKED_POD_HEADER, DIVERTED_TO_HEADER, NONCE_HEADER } from '../../common/contract.ts'

/** The name of the pod whose proxy answered, or what answered instead. */
export type CheckAnswer = { readonly pod: string } | { readonly reason: string }

const MAX_SHOWN_LENGTH = 64

/**
 * Reads what a check was answered with. Anything may stand in front of a proxy's answer: an app that speaks HTTP/2 says
 * its SETTINGS unasked.
 *
 * @param bytes all that came so far.
 * @param isOver nothing more will come.
 * @returns undefined: wait for more.
 */
export function readCheckAnswer (bytes: Buffer, nonce: string, isOver: boolean): CheckAnswer | undefined {
  const text = bytes.toString('latin1')
  for (let at = text.indexOf('HTTP/1.'); at !== -1; at = text.indexOf('HTTP/1.', at + 1)) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end === -1) break
    const head = text.slice(at, end)
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(head)?.[1] ?? 0)
    // Interim answers; the last word comes after them.
    if (status < 200) continue
    const pod = valueOf(head, CHECKED_POD_HEADER)
    if (valueOf(head, NONCE_HEADER) === nonce && pod !== undefined) return { pod: shorten(pod) }
    return { reason: describe(status, head) }
  }
  if (!isOver) return undefined
  return { reason: bytes.length === 0 ? 'the connection was closed without an answer' : `${nameOf(bytes)} answered instead` }
}

function describe (status: number, head: string): string {
  const server = valueOf(head, 'server') ?? valueOf(head, 'x-powered-by')
  const who = server === undefined ? '' : ` (${shorten(server)})`
  if (valueOf(head, DIVERTED_TO_HEADER) !== undefined) return `a developer's program answered with status ${status}${who}`
  return `something else answered with status ${status}${who}`
}

function nameOf (bytes: Buffer): string {
  // A record of TLS: an alert or a handshake. Then a frame of SETTINGS on stream 0.
  if (bytes[0] === 0x15 || bytes[0] === 0x16) return 'TLS'
  if (bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0) return 'an app that speaks only HTTP/2'
  return 'something that is not HTTP/1'
}

function valueOf (head: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)[ \\t]*$`, 'im').exec(head)?.[1]
}

// It goes into somebody's terminal.
function shorten (text: string): string {
  return text.replace(/[^ -~]/g, '?').slice(0, MAX_SHOWN_LENGTH)
}
