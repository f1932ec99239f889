import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { WebSocketServer, type WebSocket } from 'ws'
import { openCluster, type Cluster } from '../../../cli/cluster/kubeconfig.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'

type Body = { readonly [field: string]: unknown }

/**
 * NOT Kubernetes: the answers that reaching a Service asks for, from memory, in namespace `shop`; each pod says its own
 * name and port and then what it was told. The real one is used end to end.
 */
export type FakeServices = {
  readonly cluster: Cluster
  /** Objects by path. */
  readonly objects: Map<string, Body>
  /** Request lines without the query, in order. */
  readonly asked: string[]
  /** Pods that are gone: their port-forward is refused. */
  readonly gone: Set<string>
  /** Sends new slices of a Service to those who watch. */
  readonly setSlices: (service: string, slices: readonly Body[]) => void
}

export const SERVICES = '/api/v1/namespaces/shop/services'

/** A Service with its slices; `pods` are ready but where the name begins with "!". */
export function addService (
  { objects, setSlices }: FakeServices, name: string, pods: readonly string[], spec: Body = {}
): void {
  const ports = [{ name: 'http', port: 80, targetPort: 'web' }, { name: 'admin', port: 81, targetPort: 9000 }]
  objects.set(`${SERVICES}/${name}`, {
    metadata: { name, namespace: 'shop' },
    spec: { clusterIP: '10.96.0.9', clusterIPs: ['10.96.0.9', 'fd96::9'], selector: { app: name }, ports, ...spec }
  })
  setSlices(name, [sliceOf(name, pods)])
}

export function sliceOf (service: string, pods: readonly string[], suffix = '1'): Body {
  return {
    metadata: { name: `${service}-${suffix}`, resourceVersion: '2' },
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }, { name: 'admin', port: 9000, protocol: 'TCP' }],
    endpoints: pods.map(pod => {
      const name = pod.replace('!', '')
      return { conditions: { ready: !pod.startsWith('!') }, hostname: name, targetRef: { kind: 'Pod', name } }
    })
  }
}

export async function startFakeServices (t: ExecutionContext): Promise<FakeServices> {
  // Of all namespaces nobody but an administrator may list them.
  const objects = new Map<string, Body>([['/api/v1/services', { code: 403 }]])
  const slices = new Map<string, readonly Body[]>()
  const asked: string[] = []
  const gone = new Set<string>()
  const watches = new Set<{ readonly service: string, readonly send: (event: object) => void }>()
  const webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' })
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake')
    const service = /service-name=(.*)$/.exec(searchParams.get('labelSelector') ?? '')?.[1]
    asked.push(`${searchParams.has('watch') ? 'WATCH' : request.method ?? ''} ${pathname}`)
    if (service !== undefined && searchParams.has('watch')) {
      response.writeHead(200).flushHeaders()
      const watch = { service, send: (event: object) => response.write(`${JSON.stringify(event)}\n`) }
      watches.add(watch)
      response.on('close', () => watches.delete(watch))
      return
    }
    const body = service === undefined ? findObject(objects, pathname) : listOf(slices.get(service) ?? [])
    response.writeHead(body === undefined ? 404 : Number(body['code'] ?? 200), { 'content-type': 'application/json' })
    response.end(JSON.stringify(body ?? { message: 'not found' }))
  })
  server.on('upgrade', (request, socket, head) => {
    const [, pod = '', port = ''] = /\/pods\/([^/]+)\/portforward\?ports=(\d+)/.exec(request.url ?? '') ?? []
    socket.on('error', () => {})
    if (gone.has(pod)) socket.end('HTTP/1.1 404 No\r\nconnection: close\r\n\r\n{"message":"pods not found"}')
    else webSockets.handleUpgrade(request, socket, head, webSocket => { servePod(webSocket, pod, Number(port)) })
  })
  return {
    cluster: await listen(t, server),
    objects,
    asked,
    gone,
    setSlices: (service, now) => {
      const before = slices.get(service) ?? []
      slices.set(service, now)
      for (const { send } of [...watches].filter(watch => watch.service === service)) {
        for (const object of before) if (!now.some(other => nameOf(other) === nameOf(object))) send({ type: 'DELETED', object })
        for (const object of now) send({ type: 'MODIFIED', object })
      }
    }
  }
}

function findObject (objects: ReadonlyMap<string, Body>, path: string): Body | undefined {
  return objects.get(path) ?? (path === SERVICES
    ? listOf([...objects].filter(([key]) => key.startsWith(`${SERVICES}/`)).map(([, object]) => object))
    : undefined)
}

async function listen (t: ExecutionContext, server: Server): Promise<Cluster> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const kubeconfig = await writeKubeconfig(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const cluster = openCluster({ kubeconfig, namespace: 'shop' }, { env: {}, homeDir: '' })
  t.teardown(() => {
    cluster.close()
    server.closeAllConnections()
    server.close()
  })
  return cluster
}

/** Says who it is, then answers every message with itself; port 9000 has nobody behind it. */
function servePod (webSocket: WebSocket, pod: string, port: number): void {
  webSocket.send(Buffer.from([0, 0, 0]))
  webSocket.send(Buffer.from([1, 0, 0]))
  if (port === 9000) {
    webSocket.send(Buffer.from('\x01connection refused in the pod'))
    return
  }
  webSocket.send(Buffer.from(`\0${pod}:${port} `))
  webSocket.on('message', data => {
    webSocket.send(data as Buffer)
    webSocket.close(1000)
  })
}

function listOf (items: readonly Body[]): Body {
  return { metadata: { resourceVersion: '1' }, items }
}

function nameOf (object: Body): string {
  return (object['metadata'] as { name: string }).name
}
