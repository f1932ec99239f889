import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { WaylayError } from '../../../common/errors.ts'
import { curlOf } from '../curl.ts'
import type { Exchange } from '../exchange.ts'
import type { ExchangeLog } from '../exchange-log.ts'
import { harPieces } from '../har.ts'
import type { PageFiles } from '../page-files.ts'
import { replay } from '../replay.ts'
import type { Listing, Picture, Standing } from '../view-types.ts'
import { detailOf, summaryOf } from '../views.ts'
import type { Live } from './live.ts'
import { readReplayWish } from './read-replay-wish.ts'
import { readJson, SAFE_HEADERS, send, sendJson } from './reply.ts'

export type RouteDeps = {
  readonly log: ExchangeLog
  readonly live: Live
  readonly page: PageFiles
  readonly standing: () => Promise<readonly Standing[]>
  readonly picture: () => Promise<Picture>
}

type Asked = { readonly request: IncomingMessage, readonly response: ServerResponse, readonly query: URLSearchParams }
type Handler = (deps: RouteDeps, asked: Asked, exchange: () => Exchange) => Promise<void> | void

/** By method and path below the base; `:id` is the number of an exchange. */
const ROUTES: Readonly<Record<string, Handler>> = {
  'GET ': ({ page }, { response }) => { send(response, 200, 'text/html; charset=utf-8', page.html) },
  'GET app.js': ({ page }, { response }) => { send(response, 200, 'text/javascript; charset=utf-8', page.script) },
  'GET app.css': ({ page }, { response }) => { send(response, 200, 'text/css; charset=utf-8', page.style) },
  'GET icon.svg': ({ page }, { response }) => { send(response, 200, 'image/svg+xml', page.icon) },
  'GET api/events': ({ live }, { response }) => { live.add(response) },
  'GET api/exchanges': async ({ log, standing }, { response }) => {
    // First what has to be waited for: the list is to be new when it is sent.
    const stands = await standing()
    const listing: Listing = { exchanges: log.exchanges.map(summaryOf), standing: stands, limits: log.limits }
    sendJson(response, 200, listing)
  },
  'GET api/exchanges/:id': ({ log }, { response, query }, exchange) => {
    const { id } = exchange()
    log.lookAt(id)
    const replays = log.exchanges.filter(({ origin }) => origin.replayOf === id).map(replayed => replayed.id)
    sendJson(response, 200, detailOf(exchange(), replays, showsSecrets(query)))
  },
  'GET api/exchanges/:id/curl': (_deps, { response, query }, exchange) => {
    send(response, 200, 'text/plain; charset=utf-8', curlOf(exchange(), showsSecrets(query)))
  },
  'POST api/exchanges/:id/replay': async ({ log }, { request, response }, exchange) => {
    const wish = readReplayWish(await readJson(request))
    sendJson(response, 202, { id: replay(log, exchange(), wish) })
  },
  'POST api/clear': ({ log }, { response }) => {
    log.clear()
    sendJson(response, 200, {})
  },
  'GET api/har': async ({ log }, { response, query }) => {
    const ids = query.get('ids')?.split(',').map(Number)
    const chosen = log.exchanges.filter(({ id }) => ids === undefined || ids.includes(id))
    response.writeHead(200, {
      ...SAFE_HEADERS,
      'content-type': 'application/json; charset=utf-8',
      'content-disposition': 'attachment; filename="waylay.har"'
    })
    await pipeline(Readable.from(harPieces(chosen, showsSecrets(query))), response)
  },
  'GET api/picture': async ({ picture }, { response }) => { sendJson(response, 200, await picture()) }
}

/** @returns false when there is no such page. @throws {WaylayError} what is wrong with the request. */
export async function route (deps: RouteDeps, path: string, asked: Asked): Promise<boolean> {
  const [, id] = /^api\/exchanges\/(\d+)/.exec(path) ?? []
  const pattern = id === undefined ? path : path.replace(id, ':id')
  const name = `${asked.request.method ?? ''} ${pattern}`
  if (!Object.hasOwn(ROUTES, name)) return false
  await ROUTES[name]?.(deps, asked, () => {
    const exchange = deps.log.get(Number(id))
    if (exchange !== undefined) return exchange
    throw new WaylayError('WAYLAY_NOT_KEPT', `Exchange ${id ?? ''} is not kept any more`)
  })
  return true
}

function showsSecrets (query: URLSearchParams): boolean {
  return query.get('secrets') === 'show'
}
