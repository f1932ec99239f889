import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { parseAllDocuments } from 'yaml'
import { ROOT } from '../../build/bundle.ts'
import { startProgram } from '../../demo/programs.ts'
import { createService } from '../../demo/shop/create-service.ts'
import { apply, kubectl, theCluster, type KubeObject } from './kube.ts'
import { throughProxy } from './through-proxy.ts'
import { readyPods } from './workload.ts'

type Undo = Pick<ExecutionContext, 'teardown'>

const SERVICES = ['storefront', 'payments', 'ledger'] as const

/** Deploys the demo's shop into a namespace, one pod for each service; waits until requests pass their proxies. */
export async function deployShop (namespace: string): Promise<void> {
  const objects = (await Promise.all(SERVICES.map(async name => await manifestOf(name)))).flat()
  await apply(...objects.map(object => ({ ...inNamespace(object, namespace) })))
  await Promise.all(SERVICES.map(async name => {
    await kubectl(['-n', namespace, 'rollout', 'status', `deployment/${name}`, '--timeout=90s'])
    for (const pod of await readyPods(namespace, name, 1)) await throughProxy(pod)
  }))
}

async function manifestOf (name: string): Promise<readonly KubeObject[]> {
  const text = await readFile(join(ROOT, 'demo/manifests', `${name}.yaml`), 'utf8')
  return parseAllDocuments(text).map(document => document.toJS() as KubeObject)
}

function inNamespace ({ metadata, spec, ...object }: KubeObject, namespace: string): object {
  const isDeployment = object.kind === 'Deployment'
  return {
    ...object,
    metadata: { ...metadata, namespace },
    spec: { ...spec as object, ...isDeployment && { replicas: 1, minReadySeconds: 0 } }
  }
}

/** The developer's own payments on this machine; its port. */
export async function startPayments (t: Undo): Promise<number> {
  const server = createService({ name: 'payments', answeredBy: 'developer', instance: 'marias-laptop' })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.emit('leaving')
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}

/** A way to a Service as strangers have it, without any header: kubectl's port-forward. The port on 127.0.0.1. */
export async function forwardTo (t: Undo, namespace: string, ...way: readonly string[]): Promise<number> {
  const { kubectl: program, kubeconfigPath } = await theCluster()
  const forward = startProgram(program, [
    '--kubeconfig', kubeconfigPath, '--namespace', namespace, 'port-forward', '--address', '127.0.0.1', ...way
  ], { title: 'kubectl port-forward' })
  t.teardown(forward.stop)
  const [, port] = await forward.line(/^Forwarding from 127\.0\.0\.1:(\d+)/, 60_000)
  return Number(port)
}
