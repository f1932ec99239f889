import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { newEnvironment, type Environment, type EnvironmentSpec } from '../../../environments/object.ts'

/** Any object, as far as the fake looks at one. */
export type Stored = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly uid: string
    readonly creationTimestamp?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly ownerReferences?: readonly object[]
  }
  readonly spec?: object
  readonly status?: object
}

type Instead = (request: IncomingMessage, response: ServerResponse, body: unknown) => void
type Wanted = Partial<Stored> & {
  readonly labels?: Readonly<Record<string, string>>
  readonly owner?: Stored
  readonly namespace?: string
}
type Place = { readonly namespace: string | undefined, readonly plural: string, readonly name: string | undefined }
type Options = { readonly preconditions?: { readonly uid?: string } }
type Operation = { readonly op: string, readonly path: string, readonly value: unknown }

/**
 * NOT Kubernetes: objects of any kind by their plural, in memory. The test plays the companion, the garbage collector
 * and other people.
 */
export class EnvironmentApi {
  readonly objects = new Map<string, Stored>()
  /** `PATCH deployments/x`, but for those that only read. */
  readonly changes: string[] = []
  readonly requests: string[] = []
  /** Answers instead of the usual one, by `METHOD plural` or `METHOD plural/name`. */
  readonly instead = new Map<string, Instead>()
  /** After each change. */
  onChange: (line: string) => void = () => {}
  user = 'maria'
  url = ''

  put (plural: string, name: string, rest: Wanted = {}): Stored {
    const { labels, owner, namespace = 'shop', ...fields } = rest
    const ownerReferences = owner === undefined
      ? []
      : [{ kind: 'Environment', name: owner.metadata.name, uid: owner.metadata.uid }]
    const own = { name, namespace, uid: randomUUID(), ownerReferences }
    const metadata = { ...own, ...labels && { labels }, ...fields.metadata }
    const stored = { ...fields, metadata }
    this.objects.set(`${namespace}/${plural}/${name}`, stored)
    return stored
  }

  /** One with a copy of payments and a companion that has an intercept. */
  putEnvironment (name: string, spec: Partial<EnvironmentSpec> = {}, namespace = 'shop'): Environment & Stored {
    const made = newEnvironment(namespace, name, {
      header: 'x-waylay-id',
      value: `${name}-3fk27d4a`,
      workloads: [workloadOf(name)],
      expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      owner: 'maria',
      ...spec
    })
    const creationTimestamp = new Date(Date.now() - 60_000).toISOString()
    const metadata: Stored['metadata'] = { ...made.metadata, uid: randomUUID(), creationTimestamp }
    const root = this.put('environments', name, { ...made, metadata, namespace })
    const labels = { 'waylay.dev/environment': name }
    this.put('deployments', `waylay-env-${name}`, { labels, owner: root, namespace, spec: { replicas: 1 } })
    this.put('deployments', `payments-${name}`, { labels, owner: root, namespace, spec: { replicas: 1 } })
    this.put('services', `payments-${name}`, { labels, owner: root, namespace })
    this.putIntercept(name, root)
    return root as Environment & Stored
  }

  putIntercept (name: string, owner: Stored, renewedMs = 0): Stored {
    const fence = Date.now() - 60_000
    const { namespace } = owner.metadata
    return this.put('intercepts', `i-${name}`, {
      owner,
      namespace,
      spec: {
        workload: 'deployment/payments',
        port: 8080,
        match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: `${name}-3fk27d4a` }] },
        global: false,
        owner: `system:serviceaccount:${namespace}:waylay-env-${name}`,
        fence
      },
      status: { fence, renewTime: new Date(Date.now() - renewedMs).toISOString(), requests: 7 }
    })
  }

  has (plural: string, name: string, namespace = 'shop'): boolean {
    return this.objects.has(`${namespace}/${plural}/${name}`)
  }

  remove (plural: string, name: string, namespace = 'shop'): void {
    this.objects.delete(`${namespace}/${plural}/${name}`)
  }

  /** As the garbage collector: what is owned by one that is gone or going, then the owner. */
  collect (): void {
    const staying = [...this.objects.values()].filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    const uids = new Set(staying.map(({ metadata }) => metadata.uid))
    for (const [key, { metadata: { ownerReferences = [] } }] of [...this.objects]) {
      const [owner] = ownerReferences as readonly { readonly uid: string }[]
      if (owner !== undefined && !uids.has(owner.uid)) this.objects.delete(key)
    }
    for (const [key, { metadata }] of [...this.objects]) {
      if (metadata.deletionTimestamp !== undefined && metadata.finalizers === undefined) this.objects.delete(key)
    }
  }

  /** As a companion and a garbage collector that do what is asked of them at once. */
  playAlong (): void {
    this.onChange = line => {
      const [, name = ''] = /^PATCH deployments\/waylay-env-(.*)$/.exec(line) ?? []
      if (name !== '') this.remove('intercepts', `i-${name}`)
      if (line.startsWith('DELETE environments/')) setTimeout(() => { this.collect() }, 20)
    }
  }

  async answer (request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://fake')
    const method = request.method ?? ''
    const [, namespace, plural = '', name] = /^\/apis?\/.*?v1[a-z0-9]*(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+))?/.exec(url.pathname) ?? []
    const line = `${method} ${plural}${name === undefined ? '' : `/${name}`}`
    this.requests.push(line)
    const body = method === 'GET' ? undefined : await json(request).catch(() => undefined)
    const instead = this.instead.get(line) ?? this.instead.get(`${method} ${plural}`)
    if (instead !== undefined) { instead(request, response, body); return }
    const [status, answer] = this.#act(method, { namespace, plural, name }, url, body)
    response.writeHead(status, { 'content-type': 'application/json', date: new Date().toUTCString() }).end(JSON.stringify(answer))
    if (method === 'GET' || plural.startsWith('self') || status >= 400) return
    this.changes.push(line)
    this.onChange(line)
  }

  #act (method: string, at: Place, url: URL, body: unknown): [number, object] {
    const { namespace, plural, name } = at
    if (plural === 'selfsubjectreviews') return [201, { status: { userInfo: { username: this.user } } }]
    if (plural === 'selfsubjectaccessreviews') return [201, { status: { allowed: true } }]
    if (name === undefined) return [200, { metadata: { resourceVersion: '1' }, items: this.#list(namespace, plural, url.searchParams.get('labelSelector')) }]
    const key = `${namespace ?? ''}/${plural}/${name}`
    const found = this.objects.get(key)
    if (found === undefined) return [404, { message: `${plural} "${name}" not found`, details: { name } }]
    if (method === 'DELETE') return this.#delete(key, found, body as Options | undefined)
    if (method === 'PUT') return [200, this.#store(key, body as Stored)]
    return method === 'PATCH' ? this.#patch(key, found, body as readonly Operation[]) : [200, found]
  }

  #list (namespace: string | undefined, plural: string, selector: string | null): readonly Stored[] {
    const terms = (selector ?? '').split(',').filter(Boolean).map(term => term.split('='))
    return [...this.objects].filter(([key, { metadata }]) => key.split('/')[1] === plural &&
      (namespace === undefined || metadata.namespace === namespace) &&
      terms.every(([label = '', value]) => metadata.labels?.[label] === value)).map(([, object]) => object)
  }

  #delete (key: string, found: Stored, options: Options | undefined): [number, object] {
    const uid = options?.preconditions?.uid
    if (uid !== undefined && uid !== found.metadata.uid) return [409, { message: 'Precondition failed: UID in precondition' }]
    if (!key.includes('/environments/')) this.objects.delete(key)
    else this.#store(key, { ...found, metadata: { ...found.metadata, deletionTimestamp: new Date().toISOString() } })
    return [200, found]
  }

  #patch (key: string, found: Stored, operations: readonly Operation[]): [number, object] {
    const failed = operations.find(({ op, path, value }) => op === 'test' && valueAt(found, path) !== value)
    if (failed !== undefined) return [422, { message: 'the server rejected our request due to an error in our request' }]
    let { spec = {} } = found
    for (const { op, path, value } of operations) {
      if (op === 'add' && path.startsWith('/spec/')) spec = { ...spec, [path.slice('/spec/'.length)]: value }
    }
    return [200, this.#store(key, { ...found, spec })]
  }

  #store (key: string, object: Stored): Stored {
    this.objects.set(key, object)
    return object
  }
}

export async function startEnvironmentApi (t: ExecutionContext): Promise<EnvironmentApi> {
  const api = new EnvironmentApi()
  const server = createServer((request, response) => { void api.answer(request, response) })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  api.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return api
}

/** By a JSON pointer without escapes. */
function valueAt (object: unknown, path: string): unknown {
  return path.split('/').slice(1).reduce((at, key) => (at as Record<string, unknown> | undefined)?.[key], object)
}

const workloadOf = (environment: string): EnvironmentSpec['workloads'][number] => ({
  workload: 'deployment/payments', copy: `payments-${environment}`, ports: [8080], images: { app: `payments:${environment}` }
})

/** What the API server says to somebody without a right. */
export const forbid: Instead = (_request, response) => {
  response.writeHead(403, { 'content-type': 'application/json' }).end(JSON.stringify({ message: 'is forbidden: User "maria" cannot do that' }))
}
