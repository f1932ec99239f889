import test from 'ava'
import type { InjectionContext } from '../../../webhook/injection/context.ts'
import { maySpeakHttp } from '../../../webhook/injection/http-port.ts'
import { aContainer, aContext, aPod, configOf, inject } from '../pods.ts'

function portsOf (parts: {
  readonly ports?: readonly object[]
  readonly annotations?: Readonly<Record<string, string>>
  readonly context?: Partial<InjectionContext>
}): unknown {
  const pod = aPod({
    containers: [aContainer({ ports: parts.ports ?? [{ containerPort: 8080 }] })],
    ...(parts.annotations && { metadata: { annotations: parts.annotations } })
  })
  return (configOf(inject(pod, aContext(parts.context)).pod) as { ports: unknown }).ports
}

test('TCP ports are redirected and UDP and SCTP ports are not', t => {
  const ports = portsOf({
    ports: [
      { containerPort: 8080, protocol: 'TCP' }, { containerPort: 53, protocol: 'UDP' }, { containerPort: 99, protocol: 'SCTP' }
    ]
  })

  t.deepEqual(ports, [{ port: 8080, listener: 15100, redirect: 'always' }])
})

test('a port that two containers declare is redirected once', t => {
  const { plan } = inject(aPod({ containers: [aContainer(), aContainer({ name: 'other' })] }))

  t.deepEqual(plan.status.ports.map(({ port }) => port), [8080])
})

test('ports of native sidecars count and those of init containers do not', t => {
  const { plan } = inject(aPod({
    spec: {
      initContainers: [
        { name: 'migrate', ports: [{ containerPort: 7000 }] },
        { name: 'envoy', restartPolicy: 'Always', ports: [{ containerPort: 9000 }] }
      ]
    }
  }))

  t.deepEqual(plan.status.ports.map(({ port }) => port), [8080, 9000])
})

test('listeners avoid every declared number and its disarm port', t => {
  const ports = portsOf({
    ports: [{ containerPort: 15100 }, { containerPort: 15301, protocol: 'UDP' }, { containerPort: 8080 }]
  }) as readonly { listener: number }[]

  t.deepEqual(ports.map(({ listener }) => listener), [15102, 15103])
})

test('the ports annotation replaces the declared ports', t => {
  const ports = portsOf({ annotations: { 'waylay.dev/ports': '9090, 6379=always,8081=on-demand' } })

  t.deepEqual(ports, [
    { port: 9090, listener: 15100, redirect: 'always' },
    { port: 6379, listener: 15101, redirect: 'always' },
    { port: 8081, listener: 15102, redirect: 'on-demand' }
  ])
})

test('the redirect annotation counts for ports that say nothing themselves', t => {
  const ports = portsOf({ annotations: { 'waylay.dev/ports': '80,81=always', 'waylay.dev/redirect': 'on-demand' } })

  t.deepEqual((ports as { redirect: string }[]).map(({ redirect }) => redirect), ['on-demand', 'always'])
})

test('the namespace\'s annotation is a default that the pod overrides', t => {
  const context = { namespaceAnnotations: { 'waylay.dev/redirect': 'on-demand', 'waylay.dev/intercepts': 'all' } }

  t.like(portsOf({ context }), [{ redirect: 'on-demand' }])
  t.like(portsOf({ context, annotations: { 'waylay.dev/redirect': 'always' } }), [{ redirect: 'always' }])
})

test('ports of Services join the declared ones', t => {
  t.like(portsOf({ context: { servicePorts: [8080, 9999] } }), [{ port: 8080 }, { port: 9999 }])
})

test('a Service tells what a port speaks that does not tell itself', t => {
  const ports = [{ containerPort: 8080, name: 'http' }, { containerPort: 9000 }, { containerPort: 9001, name: 'admin' }]
  const serviceProtocols = { 8080: 'mysql', 9000: 'tcp-db', admin: 'redis', 6379: 'kubernetes.io/h2c' }

  t.deepEqual((portsOf({ ports, context: { servicePorts: [6379], serviceProtocols } }) as { redirect: string }[])
    .map(({ redirect }) => redirect), ['always', 'on-demand', 'on-demand', 'always'])
})

test('a named port keeps its name in the configuration', t => {
  t.like(portsOf({ ports: [{ containerPort: 8080, name: 'http' }] }), [{ name: 'http' }])
})

const speech: readonly (readonly [port: number, name: string | undefined, expected: boolean])[] = [
  [8080, undefined, true], [443, undefined, true], [5432, undefined, false], [6379, undefined, false],
  [8080, 'tcp', false], [8080, 'tcp-admin', false], [8080, 'db-postgres', false], [8080, 'KAFKA', false],
  [6379, 'http', true], [9092, 'http-kafka-ui', true], [27017, 'web', true], [50051, 'grpc', true],
  [8080, 'metrics', true], [8080, 'tcpish', true]
]
for (const [port, name, expected] of speech) {
  test(`port ${port} named ${name ?? 'nothing'} ${expected ? 'may' : 'does not'} speak HTTP`, t => {
    t.is(maySpeakHttp(port, name), expected)
  })
}
