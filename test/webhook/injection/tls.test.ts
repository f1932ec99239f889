import test from 'ava'
import { isTlsPort, parseInjectedConfig, parseInjectionStatus } from '../../../common/injected.ts'
import { planInjection } from '../../../webhook/injection/plan.ts'
import type { Pod } from '../../../webhook/injection/pod.ts'
import { findInjectionFault } from '../../../webhook/injection/verify.ts'
import { aContainer, aContext, aPod, configOf, inject } from '../pods.ts'

const KEY = 'waylay.dev/tls-secret'
const BOTH = [{ containerPort: 8080, name: 'http' }, { containerPort: 8443, name: 'https' }]

function podWith (value: string, ports: readonly object[] = BOTH): Pod {
  return aPod({ containers: [aContainer({ ports })], metadata: { annotations: { [KEY]: value } } })
}

function secretsOf (pod: Pod): Record<number, string | undefined> {
  const { ports } = parseInjectedConfig(JSON.stringify(configOf(pod)))
  return Object.fromEntries(ports.map(({ port, tlsSecret }) => [port, tlsSecret]))
}

type Mounting = {
  readonly name: string
  readonly volumeMounts?: readonly { readonly name: string, readonly mountPath: string }[]
}

test('a Secret by name alone opens the ports that are TLS by name or number', t => {
  const more = [...BOTH, { containerPort: 443 }, { containerPort: 9443, name: 'grpcs-admin' }]
  const { pod } = inject(podWith('shop-cert', more))

  t.deepEqual(secretsOf(pod), { 8080: undefined, 8443: 'shop-cert', 443: 'shop-cert', 9443: 'shop-cert' })
})

test('a Secret by name alone opens the only port, whatever it is called', t => {
  t.deepEqual(secretsOf(inject(podWith('shop-cert', [{ containerPort: 5000, name: 'http' }])).pod), { 5000: 'shop-cert' })
})

test('Secrets by port open these ports and no other', t => {
  t.deepEqual(secretsOf(inject(podWith('8080=a.example, 8443=b')).pod), { 8080: 'a.example', 8443: 'b' })
  t.deepEqual(secretsOf(inject(podWith('8080=a')).pod), { 8080: 'a', 8443: undefined })
})

test('the Secret is mounted into the sidecar alone, only certificate and key, and need not be there', t => {
  const before = podWith('8443=shop-cert,8080=shop-cert')
  const { pod, plan } = inject(before)

  t.deepEqual(pod.spec.volumes?.filter(({ name }) => name.startsWith('waylay-tls')), [{
    name: 'waylay-tls-0',
    secret: {
      secretName: 'shop-cert',
      optional: true,
      defaultMode: 0o444,
      items: [{ key: 'tls.crt', path: 'tls.crt' }, { key: 'tls.key', path: 'tls.key' }]
    }
  }])
  const mounting = ([...pod.spec.initContainers ?? [], ...pod.spec.containers] as readonly Mounting[])
    .filter(({ volumeMounts = [] }) => volumeMounts.some(({ name }) => name === 'waylay-tls-0'))
  t.deepEqual(mounting.map(({ name }) => name), ['waylay-proxy'])
  t.like(mounting[0]?.volumeMounts?.at(-1), { mountPath: '/run/waylay-tls/shop-cert', readOnly: true })
  t.is(findInjectionFault(before, pod, plan.patch), undefined)
})

test('the status says which port is opened with which Secret', t => {
  const { pod } = inject(podWith('shop-cert'))

  const { ports } = parseInjectionStatus(pod.metadata?.annotations?.['waylay.dev/status'] ?? '')
  t.deepEqual(ports.map(({ port, tlsSecret }) => [port, tlsSecret]), [[8080, undefined], [8443, 'shop-cert']])
})

test('a Secret that the namespace names opens what is TLS, and refuses no pod that has no such port', t => {
  const context = aContext({ namespaceAnnotations: { [KEY]: 'shop-cert' } })

  t.deepEqual(secretsOf(inject(aPod({ containers: [aContainer({ ports: BOTH })] }), context).pod),
    { 8080: undefined, 8443: 'shop-cert' })
  const { pod } = inject(aPod(), context)
  t.deepEqual(secretsOf(pod), { 8080: undefined })
  t.false(JSON.stringify(pod.spec).includes('waylay-tls'))
})

const PLAIN = [{ containerPort: 8080 }, { containerPort: 9000 }]
for (const [value, ports] of [
  ['shop-cert', PLAIN], ['9443=shop-cert', BOTH], ['8443=', BOTH], ['8443=Shop', BOTH], ['8443=../x', BOTH], ['', BOTH],
  ['a/b', BOTH], ['0=a', BOTH], ['70000=a', BOTH], ['8443=a,b', BOTH]
] as const) {
  test(`"${value}" is not guessed at: the pod is let through with a warning${ports === PLAIN ? ' where no port is TLS' : ''}`, t => {
    const plan = planInjection(podWith(value, ports), aContext())

    if (plan.kind !== 'skip') return t.fail('not skipped')
    t.like(plan.reason, { kind: 'unknown-value', key: KEY })
    t.regex(plan.warning ?? '', /not injected.*waylay\.dev\/tls-secret/)
  })
}

test('a port is TLS by its name\'s protocol, or else by its number', t => {
  const said: readonly (readonly [number, string | undefined, boolean])[] = [
    [8443, undefined, true], [443, 'web', true], [9000, 'https', true], [9000, 'https-admin', true], [9000, 'HTTPS', true],
    [8443, 'http', false], [443, 'tcp-raw', false], [8080, undefined, false], [8080, 'my-https', false]
  ]
  for (const [port, name, expected] of said) {
    t.is(isTlsPort(name === undefined ? { port } : { port, name }), expected, `${port} ${name}`)
  }
})
