import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { ExecutionContext } from 'ava'
import { theCluster } from './kube.ts'

type Endpoint = {
  readonly addresses: readonly string[]
  readonly conditions?: { readonly ready?: boolean }
}
type Slice = { readonly object: { readonly addressType: string, readonly endpoints?: readonly Endpoint[] } }

type EndpointWatch = {
  readonly states: () => number
  readonly absences: () => readonly string[]
}

/** Watches a Service's EndpointSlices; every state in which an address was missing or not ready is kept. */
export async function watchEndpoints (
  t: ExecutionContext, namespace: string, service: string, address: string
): Promise<EndpointWatch> {
  const { kubectl, kubeconfigPath } = await theCluster()
  const child = spawn(kubectl, ['--kubeconfig', kubeconfigPath, '-n', namespace, 'get', 'endpointslices', '--watch',
    '-l', `kubernetes.io/service-name=${service}`, '--output-watch-events', '-o', 'json'],
  { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(() => child.kill())
  const absences: string[] = []
  let states = 0
  const first = Promise.withResolvers<void>()
  createInterface({ input: child.stdout }).on('line', line => {
    const { object } = JSON.parse(line) as Slice
    if (object.addressType !== 'IPv4') return
    states++
    const endpoint = object.endpoints?.find(({ addresses }) => addresses.includes(address))
    if (endpoint?.conditions?.ready !== true) absences.push(JSON.stringify(object.endpoints ?? []))
    first.resolve()
  })
  await first.promise
  return { states: () => states, absences: () => absences }
}
