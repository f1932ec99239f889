import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type { ExecutionContext } from 'ava'
import { openCluster, type Cluster } from '../../../cli/cluster/kubeconfig.ts'
import { writeKubeconfig } from './kubeconfig.ts'

/** Answers of an API server by path; a number is a status without a body of interest. */
export type Answers = Record<string, object | number>

export type PathServer = {
  readonly cluster: Cluster
  /** The file that leads to it. */
  readonly kubeconfig: string
  /** `GET /api/v1/...`, in the order they came. */
  readonly requests: readonly string[]
  /** Bodies of what was posted. */
  readonly posted: readonly unknown[]
}

/** NOT Kubernetes: objects by their paths, for what follows from them alone. */
export async function servePaths (t: ExecutionContext, objects: Answers): Promise<PathServer> {
  const requests: string[] = []
  const posted: unknown[] = []
  const server = http.createServer((request, response) => {
    void (async () => {
      requests.push(`${request.method ?? ''} ${request.url ?? ''}`)
      if (request.method === 'POST') posted.push(await json(request))
      const found = objects[request.url ?? ''] ?? 404
      const status = typeof found === 'number' ? found : 200
      const body = typeof found === 'number' ? { message: `${request.url ?? ''} cannot be had`, details: { name: 'x' } } : found
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const kubeconfig = await writeKubeconfig(t, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const cluster = openCluster({ kubeconfig }, { env: {}, homeDir: '' })
  t.teardown(() => {
    cluster.close()
    server.closeAllConnections()
    server.close()
  })
  return { cluster, kubeconfig, requests, posted }
}
