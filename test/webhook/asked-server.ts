import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import type { BodyLimits } from '../../webhook/bodies.ts'
import { mendKeys, type Keys } from '../../webhook/certificates/keys.ts'
import { BODIES, createWebhookServer, type ServerDeps } from '../../webhook/server.ts'
import { quietLog } from './quiet-log.ts'

export const SERVER_NAME = 'waylay-webhook.waylay-system.svc'

export async function makeKeys (): Promise<Keys> {
  return (await mendKeys({}, [SERVER_NAME], Date.now())).keys
}

/** The real server on a port of its own, with handlers that tell what reached them. */
export async function startServer (
  t: ExecutionContext, deps: Partial<ServerDeps> = {}, bodies: Partial<BodyLimits> = {}
) {
  const keys = await makeKeys()
  const server = createWebhookServer({
    handlePod: async body => ({ pod: body ?? 'nothing' }),
    handleIntercept: async body => {
      if (body === undefined) throw new TypeError('no review')
      return { intercept: body }
    },
    handleEnvironment: async body => ({ environment: body }),
    isReady: () => true,
    isDraining: () => false,
    log: quietLog().log,
    ...deps
  }, keys.serving, { ...BODIES, ...bodies })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return { server, keys, port: (server.address() as AddressInfo).port }
}

export type Answer = { readonly status: number, readonly body: string, readonly connection: string | undefined }

const JSON_HEADERS = { 'content-type': 'application/json' }

/** One request over a connection that is verified against the authority, as the API server does it. */
export function ask (
  port: number, { authority }: Keys, path: string, body?: string | Buffer,
  headers: Readonly<Record<string, string>> = JSON_HEADERS
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const req = request({
      host: '127.0.0.1', port, path, ca: authority.certificate, servername: SERVER_NAME, agent: false, method, headers
    }, res => {
      const chunks: Buffer[] = []
      res.on('data', (chunk: Buffer) => chunks.push(chunk))
      res.on('end', () => resolve({
        status: res.statusCode ?? 0, body: Buffer.concat(chunks).toString(), connection: res.headers.connection
      }))
    })
    req.on('error', reject)
    req.end(body)
  })
}
