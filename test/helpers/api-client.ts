import { Agent, request } from 'node:https'
import type { ExecutionContext } from 'ava'
import { kubectl } from './kube.ts'

/** The API as the administrator calls it, over connections that are kept: kubectl is too slow for 20 calls a second. */
export type ApiClient = {
  readonly send: (method: string, path: string, body?: object, contentType?: string) => Promise<ApiAnswer>
}

export type ApiAnswer = {
  readonly status: number
  readonly body: unknown
  /** The `Warning` headers. */
  readonly warnings: readonly string[]
  readonly tookMs: number
}

type View = {
  readonly clusters: readonly { readonly cluster: { readonly server: string, readonly 'certificate-authority-data'?: string } }[]
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[]
}

/** Opens it; closed with the test. */
export async function openApi (t: ExecutionContext): Promise<ApiClient> {
  const view = JSON.parse(await kubectl(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'])) as View
  const [entry] = view.clusters
  const user = view.users[0]?.user ?? {}
  if (entry === undefined) throw new Error('The administrator\'s kubeconfig names no cluster')
  const decode = (data: string | undefined) => data === undefined ? undefined : Buffer.from(data, 'base64')
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 30,
    ca: decode(entry.cluster['certificate-authority-data']),
    cert: decode(user['client-certificate-data']),
    key: decode(user['client-key-data'])
  })
  t.teardown(() => { agent.destroy() })
  const authorization = user['token'] === undefined ? {} : { authorization: `Bearer ${user['token']}` }
  return {
    send: async (method, path, body, contentType = 'application/json') => await new Promise((resolve, reject) => {
      const startedMs = performance.now()
      const headers = { ...authorization, accept: 'application/json', 'content-type': contentType }
      const req = request(new URL(path, entry.cluster.server), { method, agent, headers }, res => {
        const pieces: Buffer[] = []
        res.on('data', (piece: Buffer) => pieces.push(piece))
        res.on('error', reject)
        res.on('end', () => resolve({
          status: res.statusCode ?? 0,
          body: JSON.parse(Buffer.concat(pieces).toString()) as unknown,
          warnings: [res.headers['warning'] ?? []].flat(),
          tookMs: performance.now() - startedMs
        }))
      })
      req.on('error', reject)
      req.end(body === undefined ? undefined : JSON.stringify(body))
    })
  }
}
