const CRLF_BYTES = 2

/**
 * A copy of a complete request head with the caller's address in X-Forwarded-For.
 *
 * @param lastValueEnd index in `head` after the value of the last such line, which is extended; -1 adds a line behind
 *   the others.
 */
export function appendForwardedFor (head: Buffer, lastValueEnd: number, address: string): Buffer {
  const plain = plainAddress(address)
  const at = lastValueEnd === -1 ? head.length - CRLF_BYTES : lastValueEnd
  const separator = head[at - 1] === COLON || isOws(head[at - 1]) ? '' : ', '
  const added = lastValueEnd === -1 ? `X-Forwarded-For: ${plain}\r\n` : `${separator}${plain}`
  const changed = Buffer.allocUnsafe(head.length + added.length)
  head.copy(changed, 0, 0, at)
  changed.write(added, at, 'latin1')
  head.copy(changed, at + added.length, at)
  return changed
}

// As other proxies write it: no prefix of a dual-stack listener, no zone.
function plainAddress (address: string): string {
  const [withoutZone = ''] = address.split('%', 1)
  return withoutZone.startsWith('::ffff:') ? withoutZone.slice(7) : withoutZone
}

const COLON = 58

function isOws (byte: number | undefined): boolean {
  return byte === 32 || byte === 9
}
