import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import { makeAuthority, makeServing } from '../../webhook/certificates/x509.ts'
import { freePort } from './free-port.ts'
import { apply, eventually, theCluster } from './kube.ts'
import { waylay } from './waylay.ts'

/** Of the gateway in the tests' cluster. No name server knows it: visitors are told where it leads. */
export const PREVIEW_DOMAIN = 'preview.waylay.test'
const SECRET = 'waylay-preview-tls'

/** What a visitor got. */
export type Visited = { readonly status: number, readonly headers: IncomingHttpHeaders, readonly body: string }

export type VisitOptions = { readonly method?: string, readonly headers?: Readonly<Record<string, string>> }

/** The preview gateway of the cluster, and a way to it from this machine. */
export type PreviewGateway = {
  readonly domain: string
  /** On 127.0.0.1: leads to its HTTPS port. For Chromium: `MAP *.<domain>:443 127.0.0.1:<port>`. */
  readonly port: number
  /** PEM of the wildcard certificate that it serves with. */
  readonly certificate: string
  /** PEM of the authority that signed it. */
  readonly authority: string
  /** Asks for a URL below the domain. Follows nothing, keeps no cookie. */
  readonly visit: (url: string, options?: VisitOptions) => Promise<Visited>
  /** Follows a link as a browser does: to the preview's own origin, with the cookie that it was given. */
  readonly open: (link: string) => Promise<{ readonly origin: string, readonly cookie: string, readonly page: Visited }>
  /** The installation as `waylay install` makes it, without a gateway. */
  readonly close: () => Promise<void>
}

/** Sets the gateway up with a wildcard certificate of its own; whoever opens it closes it. Some 30 seconds. */
export async function openPreviewGateway (): Promise<PreviewGateway> {
  const authority = await makeAuthority(Date.now())
  const { certificate, key } = await makeServing(authority, [`*.${PREVIEW_DOMAIN}`], Date.now())
  await apply({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: SECRET, namespace: 'waylay-system' },
    type: 'kubernetes.io/tls',
    data: { 'tls.crt': base64(certificate), 'tls.key': base64(key) }
  })
  await run('install', '--preview-domain', PREVIEW_DOMAIN, '--preview-tls-secret', SECRET)
  const port = await freePort()
  const closeWay = await openWay(port)
  const visit = visitor(port, authority.certificate)
  return {
    domain: PREVIEW_DOMAIN,
    port,
    certificate,
    authority: authority.certificate,
    visit,
    open: async link => await open(link, visit),
    close: async () => {
      closeWay()
      await run('upgrade', '--preview-domain', '')
    }
  }
}

/** A way by kubectl's port-forward, which ends with whoever closes it. */
async function openWay (port: number): Promise<() => void> {
  const { kubectl, kubeconfigPath } = await theCluster()
  const child = spawn(kubectl, [
    '--kubeconfig', kubeconfigPath, '-n', 'waylay-system', 'port-forward', 'service/waylay-preview', `${port}:443`
  ], { stdio: ['ignore', 'pipe', 'inherit'] })
  let printed = ''
  child.stdout.setEncoding('utf8').on('data', (piece: string) => { printed += piece })
  await eventually('the preview gateway can be reached', async () => printed.includes('Forwarding from') || undefined)
  return () => { child.kill() }
}

function visitor (port: number, authority: string): PreviewGateway['visit'] {
  return async (url, { method = 'GET', headers = {} } = {}) => {
    const { host, pathname, search } = new URL(url)
    const req = request({
      host: '127.0.0.1',
      port,
      servername: host,
      ca: authority,
      agent: false,
      method,
      path: pathname + search,
      headers: { host, ...headers }
    })
    req.end()
    const [res] = await once(req, 'response') as [IncomingMessage]
    return { status: res.statusCode ?? 0, headers: res.headers, body: await text(res) }
  }
}

async function open (link: string, visit: PreviewGateway['visit']): ReturnType<PreviewGateway['open']> {
  const swapped = await visit(link)
  const entered = await visit(locationOf(swapped))
  const at = new URL(locationOf(entered))
  const cookie = entered.headers['set-cookie']?.[0]?.split(';')[0] ?? ''
  return { origin: at.origin, cookie, page: await visit(at.href, { headers: { cookie } }) }
}

function locationOf ({ status, headers: { location }, body }: Visited): string {
  if (status === 303 && location !== undefined) return location
  throw new Error(`The link led nowhere: ${status} ${body.slice(0, 500)}`)
}

async function run (...args: readonly string[]): Promise<void> {
  const { exitCode, stderr } = await waylay(args)
  if (exitCode !== 0) throw new Error(`waylay ${args.join(' ')} ended with ${exitCode}: ${stderr}`)
}

function base64 (value: string): string {
  return Buffer.from(value).toString('base64')
}
