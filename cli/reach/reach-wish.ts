import { WaylayError } from '../../common/errors.ts'

/** One `--reach`: a port of this machine that leads to a host inside the cluster. */
export type ReachWish = {
  readonly host: string
  readonly port: number
  /** On this machine. */
  readonly developerPort: number
}

/**
 * Reads `host:port[=port]`; an IPv6 address stands in brackets.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` naming what is wrong.
 */
export function parseReach (text: string): ReachWish {
  const [, bracketed, plain, port = '', developerPort = port] =
    /^(?:\[([0-9a-fA-F:.]+)\]|([^:=\s[\]]+)):(\d+)(?:=(\d+))?$/.exec(text) ?? []
  const host = bracketed ?? plain
  if (host === undefined) {
    throw new WaylayError('WAYLAY_USAGE', `Cannot read --reach "${text}": it is not host:port or host:port=port`,
      { hint: 'For example --reach ledger:80=8081, --reach db.example.org:5432 or --reach "[fd00::9]:80=8081"' })
  }
  return { host, port: readPort(port, text), developerPort: readPort(developerPort, text) }
}

/** @throws {WaylayError} `WAYLAY_USAGE` */
export function parseSocksPort (text: string): number {
  return readPort(text, text, '--socks')
}

/** `ledger:80`, as people write it. */
export function describeHost (host: string, port: number): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`
}

function readPort (digits: string, text: string, flag = '--reach'): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : 0
  if (port >= 1 && port <= 65535) return port
  throw new WaylayError('WAYLAY_USAGE', `Cannot read ${flag} "${text}": a port is a number from 1 to 65535`)
}
