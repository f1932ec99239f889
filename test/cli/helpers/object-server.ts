import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'
import { openCluster, type Cluster } from '../../../cli/cluster/kubeconfig.ts'
import { writeKubeconfig } from './kubeconfig.ts'

export type StoredObject = {
  readonly metadata: { readonly name: string, readonly labels?: Readonly<Record<string, string>> }
}

/** Objects by plural, in namespace `shop`. A number instead of a list is the status that every request for it gets. */
export type Objects = Readonly<Record<string, readonly StoredObject[] | number>>

/** What there is in an API group, by `group/version`. */
export type Discovery = Readonly<Record<string, readonly object[]>>

/**
 * NOT Kubernetes: answers reads of objects by name, by equality of labels and by field `metadata.name`. Returns the
 * cluster as the command line opens it, and every request that came.
 */
export async function startObjectServer (
  t: ExecutionContext, objects: Objects, discovery: Discovery = {}
): Promise<{ readonly cluster: Cluster, readonly requests: string[] }> {
  const requests: string[] = []
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://fake')
    requests.push(`${request.method ?? ''} ${url.pathname}`)
    const resources = discovery[url.pathname.replace(/^\/apis\//, '')]
    const { status, body } = resources === undefined ? answer(url, objects) : { status: 200, body: { resources } }
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const file = await writeKubeconfig(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const cluster = openCluster({ kubeconfig: file }, { env: {}, homeDir: '' })
  t.teardown(() => {
    cluster.close()
    server.close()
  })
  return { cluster, requests }
}

type Answer = { readonly status: number, readonly body: object }

function answer ({ pathname, searchParams }: URL, objects: Objects): Answer {
  const [, plural = '', name] = /\/namespaces\/shop\/([a-z]+)(?:\/([^/]+))?$/.exec(pathname) ?? []
  const stored = objects[plural] ?? []
  if (typeof stored === 'number') return { status: stored, body: { message: `${plural} is forbidden: User "maria" cannot do that` } }
  if (name === undefined) {
    const items = stored.filter(({ metadata }) => fits(metadata, searchParams))
    return { status: 200, body: { metadata: { resourceVersion: '1' }, items } }
  }
  const found = stored.find(({ metadata }) => metadata.name === name)
  return found === undefined ? { status: 404, body: { message: 'not found', details: { name } } } : { status: 200, body: found }
}

function fits ({ name, labels = {} }: StoredObject['metadata'], query: URLSearchParams): boolean {
  const fields = query.get('fieldSelector')
  if (fields !== null) return fields === `metadata.name=${name}`
  const selector = query.get('labelSelector')?.split(',').map(term => term.split('=')) ?? []
  return selector.every(([key = '', value]) => labels[key] === value)
}
