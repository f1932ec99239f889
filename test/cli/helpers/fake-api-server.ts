import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { json } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { WebSocketServer } from 'ws'
import { PORTS } from '../../../common/contract.ts'
import type { InjectionStatus } from '../../../common/injected.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { FakeIntercepts, type Answer } from './fake-intercepts.ts'
import { FakePod, toCarrier } from './fake-pod.ts'

type Watch = { readonly path: string, readonly response: ServerResponse }

const NAMESPACE = '/namespaces/shop'

/**
 * NOT Kubernetes: the few answers that `intercept`, `list` and `leave` ask for, from memory, for one Deployment
 * `payments` in namespace `shop`. What a real API server, webhook and proxy do is tested end to end on a real cluster;
 * this one makes failures that a real one cannot be made to have on demand.
 */
export class FakeApiServer {
  readonly store = new FakeIntercepts((type, object) => { this.#tell('intercepts', type, object) }, Date.now)
  readonly pods = new Map<string, FakePod>()
  /** What the webhook wrote into the pods. */
  ports: readonly object[] = [{ port: 8080, name: 'http', redirect: 'always' }]
  /** What the webhook wrote into all pods besides. */
  injection: Partial<InjectionStatus> = {}
  services: readonly object[] = [SERVICE]
  /** `POST /apis/...`, in the order they came. */
  readonly requests: string[] = []
  /** Answers instead of the usual one, for requests whose line begins with the key. */
  readonly instead = new Map<string, Answer>()
  /** The Namespace `shop`, where somebody asks for it. */
  namespace: object | undefined
  readonly #watches = new Set<Watch>()
  readonly #carriers = new Set<Duplex>()
  readonly #webSockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'v4.channel.k8s.io' })
  readonly #server: Server

  constructor () {
    this.#server = createServer((request, response) => { void this.#receive(request, response) })
    this.#server.on('upgrade', (request, socket, head) => { this.#upgrade(request, socket, head) })
  }

  get intercepts (): ReadonlyMap<string, Intercept> {
    return this.store.objects
  }

  get url (): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async listen (): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
  }

  close (): void {
    for (const pod of this.pods.values()) for (const session of pod.sessions) session.destroy()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  /** Adds a running, injected pod and tells the watches. */
  addPod (name: string, uid = name): FakePod {
    const pod = new FakePod(name, this.store.keys.publicKey, uid)
    this.pods.set(name, pod)
    this.#tell('pods', 'ADDED', this.#podObject(pod))
    return pod
  }

  /** Cuts every port-forward there is, as a network that changes does. */
  cutCarriers (): void {
    for (const socket of this.#carriers) socket.destroy()
  }

  removePod (name: string): void {
    const pod = this.pods.get(name)
    this.pods.delete(name)
    if (pod !== undefined) this.#tell('pods', 'DELETED', this.#podObject(pod))
  }

  /** Deletes an intercept, as somebody else might, and tells the watches. */
  deleteIntercept (name: string): void {
    this.store.remove(name)
  }

  #tell (plural: string, type: 'ADDED' | 'MODIFIED' | 'DELETED', object: object): void {
    for (const { path, response } of this.#watches) {
      if (path.endsWith(`/${plural}`)) response.write(`${JSON.stringify({ type, object })}\n`)
    }
  }

  async #receive (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://fake')
    const line = `${request.method ?? ''} ${pathname}`
    this.requests.push(line)
    if (searchParams.has('watch')) {
      response.writeHead(200).flushHeaders()
      const watch = { path: pathname, response }
      this.#watches.add(watch)
      response.on('close', () => this.#watches.delete(watch))
      const version = Number(searchParams.get('resourceVersion'))
      const missed = pathname.endsWith('/intercepts') ? this.store.since(version) : []
      for (const event of missed) response.write(`${JSON.stringify(event)}\n`)
      return
    }
    // Node gives a body to a method of any name; only a GET of ours has none.
    const body = request.method === 'GET' ? undefined : await json(request).catch(() => undefined)
    const isDryRun = searchParams.get('dryRun') === 'All'
    const answer = this.#insteadOf(line) ?? this.#answer(request.method ?? '', pathname, body, isDryRun)
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body))
  }

  #insteadOf (line: string): Answer | undefined {
    return [...this.instead].find(([prefix]) => line.startsWith(prefix))?.[1]
  }

  #answer (method: string, path: string, body: unknown, isDryRun: boolean): Answer {
    if (path === '/version') return { status: 200, body: { major: '1', minor: '34', gitVersion: 'v1.34.4' } }
    if (path === `/apis/apps/v1${NAMESPACE}/deployments/payments`) return { status: 200, body: DEPLOYMENT }
    if (path === `/api/v1${NAMESPACE}/pods`) return { status: 200, body: listOf([...this.pods.values()].map(pod => this.#podObject(pod))) }
    if (path === `/api/v1${NAMESPACE}/services`) return { status: 200, body: listOf(this.services) }
    if (path === `/api/v1${NAMESPACE}` && this.namespace !== undefined) return { status: 200, body: this.namespace }
    if (path.endsWith('/selfsubjectreviews')) return { status: 201, body: { status: { userInfo: { username: 'maria' } } } }
    if (path.endsWith('/intercepts')) {
      return method === 'GET'
        ? { status: 200, body: listOf([...this.intercepts.values()], this.store.version) }
        : this.store.create(body as Intercept, isDryRun)
    }
    const [, name = path.split('/').at(-1) ?? '', isStatus] = /\/intercepts\/([^/]+)(\/status)?$/.exec(path) ?? []
    if (path.includes('/intercepts/')) return this.store.answer(method, name, isStatus !== undefined, body)
    return { status: 404, body: { message: `"${name}" not found`, details: { name } } }
  }

  #podObject ({ name, uid }: FakePod) {
    const status = { version: '0.1.0', mode: 'iptables', workload: 'deployment/payments', ports: this.ports, ...this.injection }
    return {
      metadata: {
        name,
        namespace: 'shop',
        uid,
        labels: { app: 'payments', 'pod-template-hash': 'abc' },
        annotations: { 'waylay.dev/status': JSON.stringify(status) },
        ownerReferences: [{ kind: 'ReplicaSet', name: 'payments-abc', controller: true }]
      },
      status: { phase: 'Running', initContainerStatuses: [{ name: 'waylay-proxy', state: { running: {} } }] }
    }
  }

  #upgrade (request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const line = `GET ${request.url ?? ''}`
    this.requests.push(line)
    const pod = this.pods.get(/\/pods\/([^/]+)\/portforward/.exec(line)?.[1] ?? '')
    const instead = this.#insteadOf(line)
    socket.on('error', () => {})
    this.#carriers.add(socket)
    socket.on('close', () => this.#carriers.delete(socket))
    if (instead === undefined && pod !== undefined) {
      const port = Number(/[?&]ports=(\d+)/.exec(line)?.[1])
      this.#webSockets.handleUpgrade(request, socket, head, webSocket => {
        const carrier = toCarrier(webSocket, port)
        if (port === PORTS.health) carrier.once('data', () => { carrier.end(pod.metrics) })
        else pod.serve(carrier)
      })
      return
    }
    const { status, body } = instead ?? { status: 404, body: { message: 'pod not found' } }
    socket.end(`HTTP/1.1 ${status} No\r\nconnection: close\r\n\r\n${JSON.stringify(body)}`)
  }
}

export async function startFakeApiServer (t: ExecutionContext): Promise<FakeApiServer> {
  const api = new FakeApiServer()
  await api.listen()
  t.teardown(() => { api.close() })
  return api
}

const DEPLOYMENT = {
  metadata: { name: 'payments', namespace: 'shop' },
  spec: { selector: { matchLabels: { app: 'payments' } } }
}

const SERVICE = {
  metadata: { name: 'pay', namespace: 'shop' },
  spec: { selector: { app: 'payments' }, clusterIP: '10.96.0.7', ports: [{ port: 80, targetPort: 'http' }] }
}

function listOf (items: readonly object[], resourceVersion = '1') {
  return { metadata: { resourceVersion }, items }
}
