import { createHash } from 'node:crypto'

// Below what systems hand out by themselves, and below NodePorts, which reach this machine in local clusters.
const FIRST = 20_000
const COUNT = 8000

/**
 * Ports to listen on, in order: always the same for one port of one Service, so that bookmarks and cookies last; the
 * next ones where another program has it; at last any.
 */
export function portsToTry (namespace: string, service: string, port: number): readonly number[] {
  const start = createHash('sha256').update(`${namespace}/${service}:${port}`).digest().readUInt32BE()
  return [...Array.from({ length: 8 }, (_, index) => FIRST + (start + index) % COUNT), 0]
}
