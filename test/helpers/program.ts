import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** A developer's program on this machine. */
export type Program = {
  readonly port: number
  /** Requests that came, as `GET /path`. */
  readonly seen: readonly string[]
  /** From now on requests are held, as at a breakpoint, until `release`. */
  readonly hold: () => void
  readonly release: () => void
  readonly held: () => number
}

/** Answers with its name and the headers it got; ended with the test. */
export async function startProgram (t: ExecutionContext, name: string): Promise<Program> {
  const seen: string[] = []
  const held: ServerResponse[] = []
  let holding = false
  const answer = (response: ServerResponse): void => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ answeredBy: name, headers: response.req.headers }))
  }
  const server = createServer((request: IncomingMessage, response) => {
    seen.push(`${request.method} ${request.url}`)
    request.resume()
    if (holding) held.push(response)
    else answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    port: (server.address() as AddressInfo).port,
    seen,
    hold: () => { holding = true },
    release: () => {
      holding = false
      for (const response of held.splice(0)) answer(response)
    },
    held: () => held.length
  }
}
