import { destinationOf, type Destination, type ServiceObject } from './destination.ts'
import type { Link } from './links.ts'

export type DestinationsDeps = {
  readonly readService: (namespace: string, name: string) => Promise<ServiceObject | undefined>
  /** Never jumps. */
  readonly monotonicMs: () => number
}

type Known = { readonly service: Promise<ServiceObject | undefined>, readonly atMs: number }

/** A Service that becomes an ExternalName is shown for so long. */
const MAX_AGE_MS = 3000
const MAX_KNOWN = 1000

/** Returns a function that looks where links lead, now: one question for all requests of a few seconds. */
export function createDestinations (
  { readService, monotonicMs }: DestinationsDeps
): (link: Link) => Promise<Destination | undefined> {
  const known = new Map<string, Known>()
  return async ({ namespace, service: name, port }) => {
    const key = `${namespace}/${name}`
    let found = known.get(key)
    if (found === undefined || monotonicMs() - found.atMs > MAX_AGE_MS) {
      found = { service: readService(namespace, name), atMs: monotonicMs() }
      // In order of the last question.
      known.delete(key)
      known.set(key, found)
      const [oldest] = known.keys()
      if (known.size > MAX_KNOWN && oldest !== undefined) known.delete(oldest)
      found.service.catch(() => { known.delete(key) })
    }
    const service = await found.service
    return service === undefined ? undefined : destinationOf(service, port)
  }
}
