import type { InjectionContext } from './context.ts'
import { allContainers, type Pod } from './pod.ts'

/** Containers of meshes that redirect the pod's ports, whether they are there before our call or after it. */
const CONTAINERS: ReadonlySet<string> = new Set([
  'istio-proxy', 'istio-init', 'istio-validation', 'linkerd-proxy', 'linkerd-init', 'linkerd-network-validator',
  'kuma-sidecar', 'kuma-init', 'consul-dataplane', 'consul-connect-inject-init'
])

type Fields = Readonly<Record<string, string>>
type Marks = { readonly pod: Fields, readonly namespace: Fields }
type Meta = { readonly labels: Marks, readonly annotations: Marks }

/**
 * By what a pod is, or will be, part of a service mesh: its container, or the label or annotation that brings one. A
 * webhook of the mesh may be asked after ours, and an ambient mesh adds no container at all.
 */
export function meshOf (pod: Pod, context: InjectionContext): string | undefined {
  const container = allContainers(pod).find(({ name }) => CONTAINERS.has(name))
  if (container !== undefined) return `container ${container.name}`
  const meta: Meta = {
    labels: { pod: pod.metadata?.labels ?? {}, namespace: context.namespaceLabels },
    annotations: { pod: pod.metadata?.annotations ?? {}, namespace: context.namespaceAnnotations }
  }
  return ambient(meta) ?? istio(meta) ?? linkerd(meta)
}

const DATAPLANE = 'istio.io/dataplane-mode'
const REDIRECTION = 'ambient.istio.io/redirection'

// The pod's own label wins: "none" takes it out of the namespace's mesh.
function ambient ({ labels, annotations }: Meta): string | undefined {
  if (annotations.pod[REDIRECTION] === 'enabled') return `annotation ${REDIRECTION}=enabled`
  const [where, mode] = labels.pod[DATAPLANE] === undefined
    ? ['namespace label', labels.namespace[DATAPLANE]]
    : ['label', labels.pod[DATAPLANE]]
  return mode === 'ambient' ? `${where} ${DATAPLANE}=ambient` : undefined
}

const INJECT = 'sidecar.istio.io/inject'
const INJECTION = 'istio-injection'
const REVISION = 'istio.io/rev'

/** In the order of Istio's own selectors: who says no wins, be it the pod or the namespace. */
function istio ({ labels, annotations }: Meta): string | undefined {
  const wish = labels.pod[INJECT] ?? annotations.pod[INJECT]
  if (wish === 'false' || labels.namespace[INJECTION] === 'disabled') return undefined
  if (wish === 'true') return `${labels.pod[INJECT] === undefined ? 'annotation' : 'label'} ${INJECT}=true`
  if (labels.namespace[INJECTION] === 'enabled') return `namespace label ${INJECTION}=enabled`
  if (labels.namespace[REVISION] !== undefined) return `namespace label ${REVISION}=${labels.namespace[REVISION]}`
  return labels.pod[REVISION] === undefined ? undefined : `label ${REVISION}=${labels.pod[REVISION]}`
}

const LINKERD = 'linkerd.io/inject'

// Linkerd reads annotations alone, and the pod's own wins.
function linkerd ({ annotations }: Meta): string | undefined {
  const [where, wish] = annotations.pod[LINKERD] === undefined
    ? ['namespace annotation', annotations.namespace[LINKERD]]
    : ['annotation', annotations.pod[LINKERD]]
  return wish === 'enabled' || wish === 'ingress' ? `${where} ${LINKERD}=${wish}` : undefined
}
