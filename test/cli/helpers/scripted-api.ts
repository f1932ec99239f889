import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** What a request is answered with: a JSON body with status 200, a text, or whatever a function does. */
export type Script = object | string | ((request: IncomingMessage, response: ServerResponse, url: URL) => void)

/** NOT Kubernetes: answers of an API server by `METHOD /path`; whatever has no script is answered 404. */
export type ScriptedApi = {
  readonly url: string
  readonly scripts: Map<string, Script>
  /** `GET /path?query`, in the order they came. */
  readonly requests: readonly string[]
}

/** @param scripts by `GET /api/v1/namespaces/shop/pods`, without the query. */
export async function startScriptedApi (
  t: ExecutionContext, scripts: Readonly<Record<string, Script>>
): Promise<ScriptedApi> {
  const known = new Map(Object.entries(scripts))
  const requests: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://api')
    requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
    request.resume()
    const script = known.get(`${request.method ?? ''} ${url.pathname}`)
    if (typeof script === 'function') script(request, response, url)
    else if (typeof script === 'string') response.end(script)
    else if (script !== undefined) response.setHeader('content-type', 'application/json').end(JSON.stringify(script))
    else refuse(response, 404, 'the server could not find the requested resource')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, scripts: known, requests }
}

/** The API server's own way to say no. */
export function refuse (response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ kind: 'Status', message, details: {} }))
}

/** A list as the API server writes it. */
export function listOf (...items: readonly object[]): object {
  return { metadata: { resourceVersion: '1' }, items }
}
