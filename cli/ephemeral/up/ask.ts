import { once } from 'node:events'
import http, { type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:http2'
import type { Duplex } from 'node:stream'
import { DIVERTED_TO_HEADER, ERROR_HEADER } from '../../../common/contract.ts'

/** What a proxy says of the request that was asked of it. */
export type Asked = {
  readonly status: number
  /** The Intercept whose developer answered. */
  readonly divertedTo: string | undefined
  /** Code of the failure that answered instead. */
  readonly error: string | undefined
}

export type Question = {
  readonly path: string
  readonly host: string
  readonly header: { readonly name: string, readonly value: string }
}

const ANSWER_TIMEOUT_MS = 5000
/** An empty message: compressed or not, then its length. */
const EMPTY_MESSAGE = Buffer.alloc(5)

/** A GET of HTTP/1.1 on a connection of its own. Rejects where there is no answer. */
export async function askHttp1 (stream: Duplex, { path, host, header }: Question): Promise<Asked> {
  const request = http.request({
    createConnection: () => stream,
    path,
    headers: { host, 'user-agent': 'waylay', accept: '*/*', connection: 'close', [header.name]: header.value },
    timeout: ANSWER_TIMEOUT_MS
  })
  request.once('timeout', () => { request.destroy(new Error('no answer')) })
  try {
    request.end()
    const [response] = await once(request, 'response') as [http.IncomingMessage]
    return readAnswer(response.statusCode, response.headers)
  } finally {
    request.on('error', () => {})
    request.destroy()
    stream.destroy()
  }
}

/**
 * The same for a port that speaks HTTP/2 only: a GET, and where the app hangs up on that, the health check of gRPC,
 * which changes nothing.
 */
export async function askHttp2 (stream: Duplex, { path, host, header }: Question): Promise<Asked> {
  const session = connect(`http://${host}`, { createConnection: () => stream })
  session.on('error', () => {})
  const marked = { 'user-agent': 'waylay', [header.name]: header.value }
  const ask = async (fields: Readonly<Record<string, string>>, body: Buffer | undefined): Promise<Asked> => {
    const request = session.request({ ...marked, ...fields }, { endStream: body === undefined })
    request.setTimeout(ANSWER_TIMEOUT_MS, () => { request.destroy(new Error('no answer')) })
    if (body !== undefined) request.end(body)
    const closed = once(request, 'close').then(() => { throw new Error('no answer') })
    closed.catch(() => {})
    const [headers] = await Promise.race([once(request, 'response'), closed]) as [IncomingHttpHeaders & { readonly ':status'?: number }]
    request.on('error', () => {})
    request.destroy()
    return readAnswer(headers[':status'], headers)
  }
  try {
    return await ask({ ':method': 'GET', ':path': path }, undefined).catch(async () => await ask({
      ':method': 'POST', ':path': '/grpc.health.v1.Health/Check', 'content-type': 'application/grpc', te: 'trailers'
    }, EMPTY_MESSAGE))
  } finally {
    session.destroy()
    stream.destroy()
  }
}

function readAnswer (status = 0, headers: IncomingHttpHeaders): Asked {
  const one = (name: string): string | undefined => {
    const value = headers[name]
    return Array.isArray(value) ? value[0] : value
  }
  return { status, divertedTo: one(DIVERTED_TO_HEADER), error: one(ERROR_HEADER) }
}
