import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { Live } from '../../../cli/inspect/server/live.ts'
import { serveInspector } from '../../../cli/inspect/server/server.ts'
import { aLog } from './records.ts'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body: string
}

type Asked = { readonly method?: string, readonly headers?: Readonly<Record<string, string>>, readonly body?: string }

/** A server of its own, with an empty log, and somebody who asks it as no browser would. */
export async function serve (t: ExecutionContext) {
  const log = aLog()
  const live = new Live(log)
  const page = { html: '<p>page', script: '1', style: 'p{}', icon: '<svg/>' }
  const picture = async () => ({ at: 0, standing: [], pods: [], callers: [], holders: [], notes: [] })
  const server = await serveInspector({ log, live, page, standing: async () => [], picture })
  t.teardown(server.close)
  const { host, origin, port, pathname: base, searchParams } = new URL(server.url)
  const ask = async (path: string, { method = 'GET', headers = {}, body }: Asked = {}): Promise<Answer> =>
    await new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, method, headers: { host, ...headers } }, response => {
        text(response).then(read => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read })
        }, reject)
      }).on('error', reject).end(body)
    })
  const entered = await ask(`${base}?token=${searchParams.get('token') ?? ''}`)
  const cookie = String(entered.headers['set-cookie']).split(';', 1)[0] ?? ''
  return { base, log, live, server, ask, entered, origin, host, cookie }
}
