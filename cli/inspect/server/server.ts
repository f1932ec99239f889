import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { toWaylayError } from '../../../common/errors.ts'
import type { Live } from './live.ts'
import { Guard } from './guard.ts'
import { send, sendJson } from './reply.ts'
import { route, type RouteDeps } from './routes.ts'

export type InspectorServer = {
  /** With the token in it: for the developer's browser and nobody else. */
  readonly url: string
  readonly close: () => Promise<void>
}

/**
 * Serves the page on a free port of 127.0.0.1.
 *
 * @param port for tests; 0: any that is free.
 */
export async function serveInspector (deps: RouteDeps & { readonly live: Live }, port = 0): Promise<InspectorServer> {
  const guard = new Guard(() => (server.address() as AddressInfo).port)
  const server = createServer((request, response) => {
    void answer(deps, guard, request, response).catch((error: unknown) => { answerFailure(response, error) })
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.unref()
  const { port: listening } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${listening}${guard.base}?token=${guard.token}`,
    close: async () => {
      deps.live.close()
      server.close()
      server.closeIdleConnections()
      // Pages that hold a connection open have been told.
      setTimeout(() => { server.closeAllConnections() }, CLOSE_MS).unref()
    }
  }
}

const CLOSE_MS = 200

async function answer (
  deps: RouteDeps, guard: Guard, request: IncomingMessage, response: ServerResponse
): Promise<void> {
  // What was asked with a name of somebody else gets no answer that a page of theirs could read anything from.
  if (!guard.knowsHost(request)) return refuse(response, 421, 'This server answers to 127.0.0.1 and localhost alone.')
  const { base } = guard
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://inspector')
  if (pathname === base && request.method === 'GET' && guard.isToken(searchParams.get('token'))) {
    return send(response, 303, 'text/plain', '', { location: base, 'set-cookie': guard.setCookie })
  }
  if (!guard.hasCookie(request)) return refuse(response, 401, NO_COOKIE)
  if (!guard.isOwnPage(request) && pathname !== base) return refuse(response, 403, 'This was asked by another page.')
  if (!pathname.startsWith(base)) return refuse(response, 404, 'There is nothing here.')
  const asked = { request, response, query: searchParams }
  if (!await route(deps, pathname.slice(base.length), asked)) refuse(response, 404, 'There is nothing here.')
}

const NO_COOKIE = 'Open the address that "waylay intercept --inspect" printed, with its token.'

function refuse (response: ServerResponse, status: number, why: string): void {
  send(response, status, 'text/plain; charset=utf-8', `${why}\n`)
}

function answerFailure (response: ServerResponse, error: unknown): void {
  const { code, message, hint } = toWaylayError(error)
  if (response.headersSent) {
    response.destroy()
    return
  }
  sendJson(response, code === 'WAYLAY_NOT_KEPT' ? 404 : code === 'WAYLAY_USAGE' ? 400 : 500, { code, message, hint })
}
