/** What stands in place of a hidden value. */
export const MASK = '••••'

const SECRET_NAME = new RegExp([
  'authorization|cookie|token|secret|passw|passphrase|credential|session|api[-_]?key',
  '(?:access|account|private|shared|signing)key',
  '(?:^|[-_.[])(?:key|auth|pass|pwd|jwt|otp|sig|signature)\\]?$'
].join('|'), 'i')
// privateKey, but not monkey.
const CAMEL_NAME = /[a-z](?:Key|Pass|Pwd)$/
// The handshake of a WebSocket proves nothing and hides nothing.
const OPEN_NAME = /^sec-websocket-/i

/** Whether the value of a header, a query parameter or a field of that name is hidden until somebody asks for it. */
export function isSecretName (name: string): boolean {
  return (SECRET_NAME.test(name) || CAMEL_NAME.test(name)) && !OPEN_NAME.test(name)
}
