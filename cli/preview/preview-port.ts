import { WaylayError } from '../../common/errors.ts'

/** `--port [listen:][service port]`. */
export type PreviewPort = {
  /** Port of this machine. Undefined: one that stays the same as long as it is free. */
  readonly listen?: number
  /** Port of the Service as number or name. Undefined: it has only one, or one that is HTTP by its name. */
  readonly service?: number | string
}

// As the API server checks the names of a Service's ports: a DNS label.
const PORT_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

/**
 * Reads `80`, `http`, `9000:80`, `9000:http`, `9000:`, as kubectl port-forward reads its ports: one alone is the
 * Service's.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` with the text as given.
 */
export function parsePreviewPort (text: string): PreviewPort {
  const parts = text.split(':')
  const [first = '', second] = parts
  if (parts.length > 2 || text === '' || text === ':') throw badPort(text, 'it is not one port, or two with ":" between')
  if (second === undefined) return { service: readServicePort(text, first) }
  return {
    ...(first !== '' && { listen: readNumber(text, first) }),
    ...(second !== '' && { service: readServicePort(text, second) })
  }
}

function readServicePort (text: string, word: string): number | string {
  if (/^\d+$/.test(word)) return readNumber(text, word)
  if (!PORT_NAME.test(word)) throw badPort(text, `"${word}" is neither a port number nor a port name`)
  return word
}

function readNumber (text: string, digits: string): number {
  const port = Number(digits)
  if (!/^\d{1,5}$/.test(digits) || port < 1 || port > 65535) throw badPort(text, `"${digits}" is not a port from 1 to 65535`)
  return port
}

function badPort (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot read --port ${text}: ${why}`,
    { hint: 'Write the Service\'s port, with one of this machine before it if you want: --port 80 or --port 9000:http' })
}
