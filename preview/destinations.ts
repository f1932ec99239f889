import { destinationOf, type Destination, type ServiceObject } from './destination.ts'
import type { Link } from './links.ts'

export type DestinationsDeps = {
  readonly readService: (namespace: string, name: string) => Promise<ServiceObject | undefined>
  /** Never jumps. */
  readonly monotonicMs: () => number
}

type Known = {
  /** Rejects where the last question had no answer, nor one before it of late. */
  readonly service: Promise<ServiceObject | undefined>
  readonly atMs: number
}
type Answered = { readonly service: ServiceObject | undefined, readonly atMs: number }

/** A Service that becomes an ExternalName is shown for so long. */
const MAX_AGE_MS = 3000
/** While the API server is away, as links are. */
const MAX_AWAY_MS = 60_000
const MAX_KNOWN = 1000

/**
 * Returns a function that looks where links lead, now: one question for all requests of a few seconds. Where it has no
 * answer the one before counts for a while.
 */
export function createDestinations (
  { readService, monotonicMs }: DestinationsDeps
): (link: Link) => Promise<Destination | undefined> {
  const known = new Map<string, Known>()
  const answered = new Map<string, Answered>()
  const ask = async (key: string, namespace: string, name: string): Promise<ServiceObject | undefined> => {
    const atMs = monotonicMs()
    try {
      const service = await readService(namespace, name)
      putLast(answered, key, { service, atMs })
      return service
    } catch (error) {
      const last = answered.get(key)
      if (last === undefined || monotonicMs() - last.atMs > MAX_AWAY_MS) throw error
      // From now on: that there is no answer can take longer to find out than one lasts.
      putLast(known, key, { service: Promise.resolve(last.service), atMs: monotonicMs() })
      return last.service
    }
  }
  return async ({ namespace, service: name, port }) => {
    const key = `${namespace}/${name}`
    let found = known.get(key)
    if (found === undefined || monotonicMs() - found.atMs > MAX_AGE_MS) {
      found = { service: ask(key, namespace, name), atMs: monotonicMs() }
      putLast(known, key, found)
      found.service.catch(() => { known.delete(key) })
    }
    const service = await found.service
    return service === undefined ? undefined : destinationOf(service, port)
  }
}

/** In order of the last question, and no more than so many. */
function putLast<T> (map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const [oldest] = map.keys()
  if (map.size > MAX_KNOWN && oldest !== undefined) map.delete(oldest)
}
