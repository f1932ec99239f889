import { spawn } from 'node:child_process'
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
  let text = ''
  const first = Promise.withResolvers<void>()
  child.stdout.setEncoding('utf8').on('data', (piece: string) => {
    text += piece
    // kubectl prints one indented object after the other; each ends with a brace in the first column.
    for (let end = text.indexOf('\n}\n'); end !== -1; end = text.indexOf('\n}\n')) {
      const { object } = JSON.parse(text.slice(0, end + 2)) as Slice
      text = text.slice(end + 3)
      if (object.addressType !== 'IPv4') continue
      states++
      const endpoint = object.endpoints?.find(({ addresses }) => addresses.includes(address))
      if (endpoint?.conditions?.ready !== true) absences.push(JSON.stringify(object.endpoints ?? []))
      first.resolve()
    }
  })
  await first.promise
  return { states: () => states, absences: () => absences }
}
