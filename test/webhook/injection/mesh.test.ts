import test from 'ava'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import { meshOf } from '../../../webhook/injection/mesh.ts'
import { aContainer, aContext, aPod } from '../pods.ts'

type Fields = Readonly<Record<string, string>>
type Marks = {
  readonly labels?: Fields
  readonly annotations?: Fields
  readonly namespaceLabels?: Fields
  readonly namespaceAnnotations?: Fields
}

function meshBy ({ labels, annotations, namespaceLabels = {}, namespaceAnnotations = {} }: Marks): string | undefined {
  const context: InjectionContext = aContext({ namespaceLabels, namespaceAnnotations })
  return meshOf(aPod({ metadata: { ...(labels && { labels }), ...(annotations && { annotations }) } }), context)
}

for (const name of ['istio-proxy', 'istio-init', 'linkerd-proxy', 'linkerd-init', 'kuma-sidecar', 'consul-dataplane']) {
  test(`a container named ${name} tells a mesh wherever it stands`, t => {
    t.is(meshOf(aPod({ containers: [aContainer(), { name }] }), aContext()), `container ${name}`)
    t.is(meshOf(aPod({ spec: { initContainers: [{ name }] } }), aContext()), `container ${name}`)
  })
}

const meshed: Record<string, Marks> = {
  'namespace label istio-injection=enabled': { namespaceLabels: { 'istio-injection': 'enabled' } },
  'namespace label istio.io/rev=canary': { namespaceLabels: { 'istio.io/rev': 'canary' } },
  'label istio.io/rev=canary': { labels: { 'istio.io/rev': 'canary' } },
  'label sidecar.istio.io/inject=true': { labels: { 'sidecar.istio.io/inject': 'true' } },
  'annotation sidecar.istio.io/inject=true': { annotations: { 'sidecar.istio.io/inject': 'true' } },
  'namespace label istio.io/dataplane-mode=ambient': { namespaceLabels: { 'istio.io/dataplane-mode': 'ambient' } },
  'label istio.io/dataplane-mode=ambient': { labels: { 'istio.io/dataplane-mode': 'ambient' } },
  'annotation ambient.istio.io/redirection=enabled': { annotations: { 'ambient.istio.io/redirection': 'enabled' } },
  'namespace annotation linkerd.io/inject=enabled': { namespaceAnnotations: { 'linkerd.io/inject': 'enabled' } },
  'annotation linkerd.io/inject=ingress': { annotations: { 'linkerd.io/inject': 'ingress' } }
}
for (const [by, marks] of Object.entries(meshed)) {
  test(`a mesh is told by its ${by}`, t => {
    t.is(meshBy(marks), by)
  })
}

const ISTIO = { 'istio-injection': 'enabled' }
const free: Record<string, Marks> = {
  'says nothing': {},
  'opts out of Istio by label': { labels: { 'sidecar.istio.io/inject': 'false' }, namespaceLabels: ISTIO },
  'opts out of Istio by annotation': { annotations: { 'sidecar.istio.io/inject': 'false' }, namespaceLabels: ISTIO },
  'is in a namespace that Istio may not enter': {
    labels: { 'sidecar.istio.io/inject': 'true' }, namespaceLabels: { 'istio-injection': 'disabled' }
  },
  'opts out of the ambient mesh': {
    labels: { 'istio.io/dataplane-mode': 'none' }, namespaceLabels: { 'istio.io/dataplane-mode': 'ambient' }
  },
  'opts out of Linkerd': {
    annotations: { 'linkerd.io/inject': 'disabled' }, namespaceAnnotations: { 'linkerd.io/inject': 'enabled' }
  },
  'has Linkerd\'s annotation as a label': { labels: { 'linkerd.io/inject': 'enabled' } }
}
for (const [name, marks] of Object.entries(free)) {
  test(`a pod that ${name} is in no mesh`, t => {
    t.is(meshBy(marks), undefined)
  })
}

test('who opts out of the sidecar may still be in the ambient mesh', t => {
  const namespaceLabels = { ...ISTIO, 'istio.io/dataplane-mode': 'ambient' }

  t.is(meshBy({ labels: { 'sidecar.istio.io/inject': 'false' }, namespaceLabels }),
    'namespace label istio.io/dataplane-mode=ambient')
})
