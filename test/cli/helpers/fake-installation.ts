import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { CREATED_KINDS } from '../../../cli/manifests.ts'
import { writeKubeconfig } from './kubeconfig.ts'
import { runToEnd } from './run-cli.ts'

export type StoredObject = {
  readonly kind: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly managedFields?: readonly { readonly manager: string, readonly operation: string }[]
    readonly [field: string]: unknown
  }
  readonly [field: string]: unknown
}

type Answer = { readonly status: number, readonly body: unknown }

const CLUSTER_KINDS = /^(Namespace|CustomResourceDefinition|Cluster.*|.*Configuration|ValidatingAdmissionPolicy.*)$/

/**
 * NOT Kubernetes: keeps objects that are applied, by their paths, and answers dry runs without keeping. For what a real
 * API server cannot be made to do on demand; that all of it works on one is tested end to end.
 */
export class FakeInstallation {
  readonly objects = new Map<string, StoredObject>()
  /** Every write, `PATCH /path`, without those of dry runs. */
  readonly writes: string[] = []
  /** Field managers that hold a field, by the end of the object's path. */
  readonly conflicts = new Map<string, { readonly manager: string, readonly field: string }>()
  /** What was deleted and stays for so many reads more, by the end of its path. */
  readonly ending = new Map<string, number>()
  /** The write that fails, by the end of its path. */
  breaksAt: string | undefined
  pods: readonly object[] = []
  /** Of the pod that an installation starts for a test. */
  probeStatus: object = { initContainerStatuses: [{ name: 'waylay-proxy', state: { running: {} } }] }
  /** In waylay-system, those on their way out too. */
  webhookPods: readonly object[] = []
  readonly #unknownKinds: ReadonlySet<string>

  constructor (unknownKinds: readonly string[] = []) {
    this.#unknownKinds = new Set(unknownKinds)
  }

  /** Whose path ends so. */
  find (end: string): StoredObject | undefined {
    return [...this.objects].find(([path]) => path.endsWith(end))?.[1]
  }

  answer (method: string, url: URL, body: unknown): Answer {
    const { pathname: path, searchParams: query } = url
    const isDryRun = query.get('dryRun') === 'All' || (body as { dryRun?: unknown } | undefined)?.dryRun !== undefined
    if (method !== 'GET' && !isDryRun) {
      if (this.breaksAt !== undefined && path.endsWith(this.breaksAt)) return { status: 500, body: { message: 'no' } }
      this.writes.push(`${method} ${path}`)
    }
    if (path === '/version') return { status: 200, body: { major: '1', minor: '34', gitVersion: 'v1.34.4' } }
    if (path === '/api/v1/pods') return { status: 200, body: { items: this.pods } }
    if (path.endsWith('/pods/probe')) return this.#tryPod()
    if (path.endsWith('/pods')) return method === 'GET' ? { status: 200, body: { items: this.webhookPods } } : this.#tryPod()
    if (path === '/api/v1/namespaces' && method === 'POST') return { status: 201, body }
    const group = /^\/(?:api\/(v1)|apis\/([^/]+\/[^/]+))$/.exec(path)
    if (group !== null) return this.#discover(group[1] ?? group[2] ?? '')
    if (method === 'PATCH') return this.#apply(path, body as StoredObject, query.get('force') === 'true', isDryRun)
    return this.#read(method, path, query.get('labelSelector'), isDryRun)
  }

  #read (method: string, path: string, selector: string | null, isDryRun: boolean): Answer {
    if (selector !== null) return { status: 200, body: { items: this.#select(path, selector) } }
    const found = this.objects.get(path)
    if (found === undefined) return { status: 404, body: { message: 'not found' } }
    if (method === 'DELETE' && !isDryRun) this.objects.delete(path)
    const end = [...this.ending.keys()].find(end => path.endsWith(end))
    return end === undefined ? { status: 200, body: found } : this.#readEnding(path, end, found)
  }

  #readEnding (path: string, end: string, found: StoredObject): Answer {
    const readsLeft = this.ending.get(end) ?? 0
    this.ending.set(end, readsLeft - 1)
    if (readsLeft > 0) return { status: 200, body: { ...found, metadata: { ...found.metadata, deletionTimestamp: 'now' } } }
    this.ending.delete(end)
    this.objects.delete(path)
    return { status: 404, body: { message: 'not found' } }
  }

  #select (list: string, selector: string): readonly StoredObject[] {
    const plural = list.slice(list.lastIndexOf('/'))
    const prefix = list.slice(0, -plural.length)
    const [key = '', value] = selector.split('=')
    return [...this.objects]
      .filter(([path]) => path.startsWith(`${prefix}/`) && path.slice(0, path.lastIndexOf('/')).endsWith(plural))
      .map(([, object]) => object).filter(({ metadata }) => metadata.labels?.[key] === value)
  }

  #apply (path: string, object: StoredObject, isForced: boolean, isDryRun: boolean): Answer {
    const conflict = [...this.conflicts].find(([end]) => path.endsWith(end))?.[1]
    if (conflict !== undefined && !isForced) {
      const causes = [{ message: `conflict with "${conflict.manager}"`, field: conflict.field }]
      return { status: 409, body: { message: 'Apply failed', details: { causes } } }
    }
    const managedFields = [{ manager: 'waylay', operation: 'Apply' }]
    const metadata = { ...object.metadata, managedFields, uid: path, resourceVersion: '1' }
    const stored = { ...object, metadata, ...statusOf(object) }
    if (!isDryRun) this.objects.set(path, stored)
    return { status: 200, body: stored }
  }

  #discover (version: string): Answer {
    const resources = CREATED_KINDS
      .filter(({ apiVersion, kind }) => apiVersion === version && !this.#unknownKinds.has(kind))
      .map(({ kind }) => ({ kind, name: pluralOf(kind), namespaced: !CLUSTER_KINDS.test(kind) }))
    return resources.length === 0 ? { status: 404, body: {} } : { status: 200, body: { resources } }
  }

  #tryPod (): Answer {
    const version = this.find('/deployments/waylay-webhook')?.metadata.labels?.['app.kubernetes.io/version']
    const status = JSON.stringify({ version, mode: 'iptables', workload: 'pod/probe', ports: [] })
    const metadata = { name: 'probe', namespace: 'probe', uid: 'u', annotations: { 'waylay.dev/status': status } }
    const initContainers = [{ name: 'waylay-init' }, { name: 'waylay-proxy' }]
    return { status: 201, body: { metadata, spec: { initContainers }, status: this.probeStatus } }
  }
}

function statusOf ({ kind, spec }: StoredObject): object {
  if (kind !== 'Deployment') return {}
  const { replicas } = spec as { readonly replicas: number }
  return { status: { observedGeneration: 1, replicas, updatedReplicas: replicas, availableReplicas: replicas } }
}

function pluralOf (kind: string): string {
  return `${kind.toLowerCase()}s`.replace(/ys$/, 'ies')
}

/** Starts one; `run` runs a command line against it. */
export async function startFakeInstallation (t: ExecutionContext, unknownKinds: readonly string[] = []) {
  const fake = new FakeInstallation(unknownKinds)
  const server = createServer((request, response) => {
    void json(request).catch(() => undefined).then(body => {
      const { status, body: answer } = fake.answer(request.method ?? '', new URL(request.url ?? '', 'http://fake'), body)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const kubeconfig = await writeKubeconfig(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return { fake, run: async (...args: string[]) => await runToEnd(t, [...args, '--kubeconfig', kubeconfig]) }
}
