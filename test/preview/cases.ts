import type { AddressInfo, Server as NetServer } from 'node:net'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { newIntercept, type Intercept, type InterceptSpec } from '../../intercepts/object.ts'
import { digestPreviewToken, newPreviewToken, previewName, type Preview } from '../../intercepts/preview.ts'
import type { ServiceObject } from '../../preview/destination.ts'
import { createGateway } from '../../preview/gateway.ts'
import { createPlainGateway, createSecureGateway } from '../../preview/server.ts'
import { makePair } from '../helpers/tls.ts'
import { quietLog } from '../webhook/quiet-log.ts'

export const DOMAIN = 'preview.example.com'
export const MARIAS_ID = 'maria-3fk27d4a'
/** ms since the epoch. Stands still: a slow machine is no reason for a lease to end in the middle of a test. */
export const NOW_MS = Date.now()
const INTERCEPT = 'c0ffee'

/** What a visitor gets. */
export type Answer = { readonly status: number, readonly headers: IncomingMessage['headers'], readonly body: string }

export type VisitOptions = {
  readonly method?: string
  readonly headers?: Record<string, string | readonly string[]>
  readonly body?: string
}

/** Maria's intercept in `shop`, renewed at `NOW_MS`. */
export function mariasIntercept (previews: readonly Preview[], spec: Partial<InterceptSpec> = {}): Intercept {
  const fence = 1
  const object = newIntercept('shop', INTERCEPT, {
    workload: 'deployment/payments',
    port: 8080,
    match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: MARIAS_ID }] },
    global: false,
    sessionKey: 'maria',
    owner: 'maria',
    fence,
    previews,
    ...spec
  })
  return { ...object, status: { fence, renewTime: new Date(NOW_MS).toISOString() } }
}

export function aPreview (
  parts: Partial<Preview> = {}, owner = 'maria'
): { readonly token: string, readonly preview: Preview } {
  const token = newPreviewToken()
  return {
    token,
    preview: {
      name: previewName(token),
      tokenDigest: digestPreviewToken(token, { namespace: 'shop', intercept: INTERCEPT, owner }),
      service: 'storefront',
      port: 80,
      expiresAt: new Date(NOW_MS + 3_600_000).toISOString(),
      domain: DOMAIN,
      ...parts
    }
  }
}

/**
 * A gateway on a real socket in front of a real app. The cluster alone is made up: a Service whose address is the
 * app's, and an Intercept with one preview.
 */
export async function startGateway (t: ExecutionContext, app: RequestListener | NetServer, options: {
  readonly isPlain?: boolean
  readonly maxConnections?: number
  readonly readService?: (port: number) => Promise<ServiceObject | undefined>
  readonly monotonicMs?: () => number
  readonly service?: (port: number) => ServiceObject | undefined
} = {}) {
  const appServer = typeof app === 'function' ? createServer(app) : app
  const appPort = await listen(t, appServer)
  const { service = aService, readService = async (port: number) => service(port) } = options
  const { token, preview } = aPreview({ port: appPort })
  const isPlain = options.isPlain === true
  const gateway = createGateway({
    settings: { domain: DOMAIN, namespace: 'waylay-system', tlsFolder: isPlain ? undefined : '/tls' },
    readService: async () => await readService(appPort),
    nowMs: () => NOW_MS,
    monotonicMs: options.monotonicMs ?? (() => performance.now()),
    log: quietLog().log
  })
  gateway.namespaces.put({ metadata: { name: 'shop', annotations: { 'waylay.dev/previews': 'allow' } } })
  gateway.links.put(mariasIntercept([preview]))
  for (const news of Object.values(gateway.news)) news.onNews()
  const pair = await makePair(`*.${DOMAIN}`)
  const { maxConnections } = options
  const server = isPlain
    ? createPlainGateway(gateway.handler, maxConnections)
    : createSecureGateway(gateway.handler, pair, maxConnections)
  const port = await listen(t, server)
  const host = `${preview.name}.${DOMAIN}`
  const visit = visitor(port)
  return {
    gateway,
    token,
    preview,
    port,
    host,
    pair,
    cookie: `__Host-waylay-preview=${token}`,
    visit,
    /** With the cookie, as a browser that has opened the link. */
    show: async (path: string, { headers, ...rest }: VisitOptions = {}): Promise<Answer> =>
      await visit(host, path, { ...rest, headers: { cookie: `__Host-waylay-preview=${token}`, ...headers } })
  }
}

/** Sends one request over TLS, to whatever host is said. */
function visitor (port: number) {
  return async (toHost: string, path: string, { method = 'GET', headers = {}, body }: VisitOptions = {}): Promise<Answer> => {
    const req = request({
      host: '127.0.0.1',
      port,
      servername: toHost,
      rejectUnauthorized: false,
      method,
      path,
      agent: false,
      headers: { host: toHost, ...headers } as Record<string, string>
    })
    req.end(body)
    const [res] = await once(req, 'response') as [IncomingMessage]
    return { status: res.statusCode ?? 0, headers: res.headers, body: await text(res) }
  }
}

export function aService (port: number, spec: ServiceObject['spec'] = {}): ServiceObject {
  return { spec: { type: 'ClusterIP', clusterIP: '127.0.0.1', selector: { app: 'storefront' }, ports: [{ port }], ...spec } }
}

async function listen (t: ExecutionContext, server: NetServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await new Promise<void>(resolve => { server.once('listening', resolve) })
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}
