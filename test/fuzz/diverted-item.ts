import type { Observation, Said } from './observation.ts'
import type { ProgramConnection, Served } from './program-connection.ts'
import { readReferenceRequests, type ReferenceRequest } from './reference-request.ts'

/** One request as it reached a developer, or one stream that was refused. */
export type DivertedItem = {
  readonly value: string
  readonly kind: 'request' | 'refused' | 'gone'
  readonly request: ReferenceRequest | undefined
  readonly head: Buffer
  /** Head and body; after an upgrade everything that followed too. */
  readonly bytes: Buffer
  readonly served: Served | undefined
  readonly connection: ProgramConnection | undefined
  /** Its place on its stream, from 0. */
  readonly index: number
  readonly at: number
}

type Collected = { readonly items: readonly DivertedItem[], readonly strays: readonly Buffer[] }

/** What reached developers, in order, cut into requests by the reference; and what cannot be cut. */
export function collectDiverted ({ streams, developerSaid }: Observation): Collected {
  const items: DivertedItem[] = []
  const strays: Buffer[] = []
  for (const { value, outcome, connection, openedAt } of streams) {
    if (connection === undefined) {
      const kind = outcome === 'gone' ? 'gone' : 'refused'
      items.push({
        value,
        kind,
        request: undefined,
        head: NOTHING,
        bytes: NOTHING,
        served: undefined,
        connection,
        index: 0,
        at: openedAt
      })
      continue
    }
    const { received } = connection
    const { requests } = readReferenceRequests(received)
    let end = 0
    for (const [index, request] of requests.entries()) {
      const isIts = (said: Said): boolean =>
        said.connection === connection && said.served?.request.start === request.start
      const served = developerSaid.find(isIts)?.served
      const upgraded = served?.answer.effect === 'upgrade'
      end = upgraded || !request.complete ? received.length : request.end
      const head = received.subarray(request.start, request.headEnd)
      const at = connection.arrivalOf(request.start) ?? openedAt
      const bytes = received.subarray(request.start, end)
      items.push({ value, kind: 'request', request, head, bytes, served, connection, index, at })
      if (upgraded) break
    }
    if (end < received.length) strays.push(received.subarray(end))
  }
  return { items: items.sort((a, b) => a.at - b.at), strays }
}

const NOTHING = Buffer.alloc(0)
