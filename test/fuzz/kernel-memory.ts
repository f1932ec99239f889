import { readFileSync } from 'node:fs'

/**
 * How many connections the kernel has cut because the machine's TCP memory was used up (Linux, SNMP counter
 * `TCPAbortOnMemory`; 0 elsewhere): what they carried is lost, whoever stood between.
 */
export function cutForMemory (): number {
  let text: string
  try {
    text = readFileSync('/proc/net/netstat', 'latin1')
  } catch {
    return 0
  }
  const [names = [], values = []] = text.split('\n').filter(line => line.startsWith('TcpExt:')).map(line => line.split(' '))
  return Number(values[names.indexOf('TCPAbortOnMemory')] ?? 0)
}
