import http from 'node:http'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { toRefusal, toUnreachable, type ApiStatus } from './api-failure.ts'
import type { Asked } from './asked.ts'
import type { Access, Cluster } from './kubeconfig.ts'

export type ApiCall = Asked & {
  /** With the query. */
  readonly path: string
  readonly body?: unknown
  readonly contentType?: string
  /** Statuses over 399 that the caller wants to see instead of a throw. */
  readonly expected?: readonly number[]
  readonly signal?: AbortSignal
  /** Its body is no JSON. */
  readonly asText?: boolean
  /** The answer may pause for as long as it likes: logs that are followed. Watches may anyway. */
  readonly mayPause?: boolean
}

export type ApiAnswer = {
  readonly status: number
  readonly body: unknown
  /** What the API server and admission webhooks said beside it. */
  readonly warnings: readonly string[]
}

const METHODS = {
  get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE'
} as const

// Longer than the API server's own limit of 60 s for one request, so that its answer wins.
const ANSWER_TIMEOUT_MS = 70_000
const CONNECT_TIMEOUT_MS = 10_000

/**
 * Makes one request to the API server. Plain HTTPS with the kubeconfig's credentials: the generated client models cost
 * more start-up time than all requests of `intercept` together.
 *
 * @throws {WaylayError} what the API server refused, or that it cannot be reached.
 */
export async function callApi (cluster: Cluster, call: ApiCall): Promise<ApiAnswer> {
  const answer = await openAnswer(cluster, call, call.verb !== 'create')
  const status = answer.statusCode ?? 0
  const raw = await text(answer).catch((error: unknown) => {
    throw toUnreachable(cluster.server, cluster.context, error)
  })
  const body = call.asText === true && status < 400 ? raw : parseBody(raw)
  if (status < 400 || call.expected?.includes(status)) return { status, body, warnings: readWarnings(answer) }
  throw toRefusal(status, body as ApiStatus, call)
}

/**
 * The same, but the answer's body is handed on while it still grows: watches.
 *
 * @throws {WaylayError} as `callApi`.
 */
export async function streamApi (cluster: Cluster, call: ApiCall): Promise<http.IncomingMessage> {
  const answer = await openAnswer(cluster, call, true)
  const status = answer.statusCode ?? 0
  if (status < 400) return answer
  throw toRefusal(status, parseBody(await text(answer)) as ApiStatus, call)
}

/** A request that was answered 401 was not carried out, so it may be sent again with other credentials, once. */
async function openAnswer (cluster: Cluster, call: ApiCall, mayRepeat: boolean): Promise<http.IncomingMessage> {
  const access = await cluster.access()
  const answer = await send(cluster, call, access, mayRepeat)
  if (answer.statusCode !== 401) return answer
  const fresh = await cluster.access(access)
  if (fresh.id === access.id) return answer
  answer.resume()
  return await send(cluster, call, fresh, mayRepeat)
}

async function send (
  cluster: Cluster, call: ApiCall, access: Access, mayRepeat: boolean
): Promise<http.IncomingMessage> {
  const payload = call.body === undefined
    ? undefined
    : typeof call.body === 'string' ? call.body : JSON.stringify(call.body)
  const url = apiUrl(cluster.server, call.path)
  const { promise, resolve, reject } = Promise.withResolvers<http.IncomingMessage>()
  const sentMs = performance.now()
  let isAnswered = false
  const request = (url.protocol === 'http:' ? http : https).request(url, {
    method: METHODS[call.verb],
    agent: access.agent,
    headers: {
      accept: 'application/json',
      ...access.headers,
      ...(payload !== undefined && {
        'content-type': call.contentType ?? 'application/json',
        'content-length': Buffer.byteLength(payload)
      })
    },
    ...(call.signal !== undefined && { signal: call.signal })
  }, answer => {
    isAnswered = true
    cluster.clock.learn(answer.headers.date, sentMs)
    resolve(answer)
  })
  request.on('error', (error: NodeJS.ErrnoException) => {
    // A connection that breaks under an answer is the answer's own matter: sent again, it would be nobody's.
    if (isAnswered) return
    // The server may close an idle connection just as we use it again: https://nodejs.org/api/http.html#requestreusedsocket
    if (mayRepeat && request.reusedSocket && error.code === 'ECONNRESET') resolve(send(cluster, call, access, false))
    else reject(toUnreachable(cluster.server, cluster.context, error))
  })
  limitWaiting(request, call.mayPause ?? call.verb === 'watch')
  request.end(payload)
  return await promise
}

/** A server that takes packets and says nothing must not hold a command for ever; a watch may well be silent. */
function limitWaiting (request: http.ClientRequest, mayBeSilent: boolean): void {
  const giveUp = (): void => { request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })) }
  const connecting = setTimeout(giveUp, CONNECT_TIMEOUT_MS)
  request.once('close', () => { clearTimeout(connecting) })
  request.once('response', () => { clearTimeout(connecting) })
  request.once('socket', socket => {
    // Behind a proxy the connection is there already, and TLS to the server only begins.
    const { secureConnecting } = socket as { readonly secureConnecting?: boolean }
    if (!socket.connecting && secureConnecting !== true) clearTimeout(connecting)
    else socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => { clearTimeout(connecting) })
  })
  if (!mayBeSilent) request.setTimeout(ANSWER_TIMEOUT_MS, giveUp)
}

/** Joins the server's own path (Rancher and the like have one) with an API path. */
export function apiUrl (server: URL, path: string): URL {
  return new URL(server.pathname.replace(/\/$/, '') + path, server)
}

/** Each line is `299 - "text"`, with `\\"` for a quotation mark in it (RFC 7234, 5.5). */
function readWarnings ({ headersDistinct }: http.IncomingMessage): readonly string[] {
  return (headersDistinct['warning'] ?? []).flatMap(line => {
    const quoted = /^\d{3} \S+ "((?:[^"\\]|\\.)*)"/s.exec(line)?.[1]
    return quoted === undefined ? [] : [quoted.replace(/\\(.)/gs, '$1')]
  })
}

function parseBody (raw: string): unknown {
  try {
    return JSON.parse(raw)
  } catch {
    return { message: raw.slice(0, 300) }
  }
}
