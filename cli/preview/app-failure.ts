import { WaylayError } from '../../common/errors.ts'

/** What broke a connection to the app, as its caller is told: what Node says of a socket is no fault of ours. */
export function toAppFailure (error: Error): WaylayError {
  if (error instanceof WaylayError) return error
  const { code = error.message } = error as NodeJS.ErrnoException
  if (!/^(?:EPROTO|ERR_SSL_.*|ERR_TLS_.*)$/.test(code)) {
    return new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', `The connection to the app broke (${code})`, { cause: error })
  }
  return new WaylayError('WAYLAY_PREVIEW_BAD_RESPONSE', 'The app speaks no TLS on this port, or none that Node knows',
    { cause: error, hint: 'Say in the Service what the port carries, by appProtocol (http or https), or choose another with --port.' })
}
