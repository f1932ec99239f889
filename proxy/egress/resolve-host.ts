import { lookup, type LookupAddress } from 'node:dns'
import { WaylayError } from '../../common/errors.ts'

/** The system's resolver takes a thread of the runtime's four for each name, as long as its servers are silent. */
const MAX_AT_ONCE = 2
const MAX_WAITING = 256

const waiting = new Set<() => void>()
let running = 0

/**
 * Resolves a name as a program in this pod would: cluster DNS with its search domains, and /etc/hosts.
 *
 * @throws {WaylayError} `WAYLAY_REACH_UNKNOWN`; `WAYLAY_REACH_REFUSED` when too many names wait
 */
export async function resolveHost (host: string, signal: AbortSignal): Promise<readonly LookupAddress[]> {
  if (running >= MAX_AT_ONCE) await takeTurn(host, signal)
  running++
  try {
    return await new Promise((resolve, reject) => {
      lookup(host, { all: true, order: 'verbatim' }, (error, addresses) => {
        if (error === null) resolve(addresses)
        else reject(unknown(host, error))
      })
    })
  } finally {
    running--
    const [next] = waiting
    next?.()
  }
}

async function takeTurn (host: string, signal: AbortSignal): Promise<void> {
  if (waiting.size >= MAX_WAITING) {
    throw new WaylayError('WAYLAY_REACH_REFUSED', `Too many names wait to be resolved, ${host} cannot`)
  }
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => {
      waiting.delete(go)
      signal.removeEventListener('abort', onAbort)
    }
    const go = (): void => {
      leave()
      resolve()
    }
    const onAbort = (): void => {
      leave()
      reject(signal.reason as Error)
    }
    waiting.add(go)
    signal.addEventListener('abort', onAbort)
    if (signal.aborted) onAbort()
  })
}

function unknown (host: string, error: NodeJS.ErrnoException): WaylayError {
  const why = error.code === 'EAI_AGAIN' ? 'its DNS does not answer' : 'there is no such name'
  return new WaylayError('WAYLAY_REACH_UNKNOWN', `The pod cannot resolve ${host}: ${why}`, { cause: error })
}
