import { WaylayError } from '../common/errors.ts'

/** `--port [host:]<developer port>[:<app port or name>]`. */
export type DeveloperPort = {
  /** Undefined: this machine's loopback, 127.0.0.1 and then ::1. */
  readonly host?: string
  readonly port: number
  /** Container port as number or name. Undefined: the workload has only one. */
  readonly app?: number | string
}

// IANA service name, as containerPort names are: at most 15 characters, at least one letter.
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/

/**
 * Reads `3000`, `3000:8080`, `3000:http`, `host.docker.internal:3000`, `host:3000:8080`, `[::1]:3000`.
 *
 * `a:b` is a developer's port and an app's port where `a` is a number, and a host and a port where it is not.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` with the text as given.
 */
export function parseDeveloperPort (text: string): DeveloperPort {
  const bracketed = /^\[([0-9a-fA-F:.]+)\]:(.*)$/.exec(text)
  const parts = (bracketed?.[2] ?? text).split(':')
  let host = bracketed?.[1]
  if (host === undefined && parts.length > 1 && !/^\d+$/.test(parts[0] ?? '')) host = parts.shift()
  const [port, app, more] = parts
  if (more !== undefined) throw badPort(text, 'there are too many ":"')
  if (host === '') throw badPort(text, 'the host before ":" is empty')
  return {
    port: readPort(text, port ?? ''),
    ...(host !== undefined && { host }),
    ...(app !== undefined && { app: readAppPort(text, app) })
  }
}

function readAppPort (text: string, app: string): number | string {
  if (/^\d+$/.test(app)) return readPort(text, app)
  if (!PORT_NAME.test(app)) throw badPort(text, `"${app}" is neither a port number nor a port name`)
  return app
}

function readPort (text: string, digits: string): number {
  const port = Number(digits)
  if (!/^\d+$/.test(digits) || port < 1 || port > 65535) throw badPort(text, `"${digits}" is not a port from 1 to 65535`)
  return port
}

function badPort (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot read --port ${text}: ${why}`,
    { hint: 'Write your program\'s port, and the app\'s where it has several: --port 3000 or --port 3000:8080' })
}
