import type { StoredObject } from './object-server.ts'

type Port = { readonly containerPort: number, readonly name?: string, readonly protocol?: string }

type PodParts = {
  readonly labels?: Readonly<Record<string, string>>
  readonly ports?: readonly Port[]
  /** `kind/name` that the webhook wrote; undefined: it is not injected. */
  readonly workload?: string
  /** Ports that the webhook chose, instead of all TCP ones. */
  readonly redirected?: readonly number[]
  readonly owner?: { readonly kind: string, readonly name: string }
  readonly phase?: string
  readonly isStarting?: boolean
  /** The proxy has the ports' names. */
  readonly isNamedPort?: boolean
}

const HTTP: readonly Port[] = [{ containerPort: 8080, name: 'http' }]

/** A pod in namespace `shop` with labels `app=payments`, port 8080 called `http`, and the proxy running in it. */
export function aPod (name: string, parts: PodParts = {}): StoredObject {
  const { labels = { app: 'payments' }, ports = HTTP, workload, owner, phase = 'Running', isStarting = false } = parts
  const { isNamedPort = false } = parts
  const { redirected = ports.filter(({ protocol = 'TCP' }) => protocol === 'TCP').map(port => port.containerPort) } = parts
  const status = {
    version: '0.1.0',
    mode: isNamedPort ? 'named-port' : 'iptables',
    workload,
    ports: redirected.map(port => ({ port, redirect: port === 6379 ? 'on-demand' : 'always', name: nameOf(ports, port) }))
  }
  const pod = {
    metadata: {
      name,
      namespace: 'shop',
      uid: name,
      labels,
      ...(workload !== undefined && { annotations: { 'waylay.dev/status': JSON.stringify(status) } }),
      ...(owner !== undefined && { ownerReferences: [{ ...owner, controller: true }] })
    },
    spec: { containers: [{ name: 'app', ports: isNamedPort ? ports.map(renamed) : ports }], initContainers: [{ name: 'waylay-proxy', restartPolicy: 'Always', ports: [{ containerPort: 15902 }] }] },
    status: { phase, initContainerStatuses: isStarting ? [] : [{ name: 'waylay-proxy', state: { running: {} } }] }
  }
  return pod
}

/** A Deployment, StatefulSet and so on that selects by one label, `app=<app>`. */
export function aWorkload (name: string, app = name): StoredObject {
  const object = { metadata: { name, namespace: 'shop' }, spec: { selector: { matchLabels: { app } } } }
  return object
}

export function aService (name: string, spec: object): StoredObject {
  const object = { metadata: { name, namespace: 'shop' }, spec: { clusterIP: '10.0.0.7', ...spec } }
  return object
}

function renamed (port: Port): Port {
  return { ...port, name: `app-${port.containerPort}` }
}

function nameOf (ports: readonly Port[], number: number): string | undefined {
  return ports.find(({ containerPort }) => containerPort === number)?.name
}
