import test from 'ava'
import { aContainer, aPod, configOf, inject } from '../pods.ts'

const ports = [{ containerPort: 8080, name: 'http' }, { containerPort: 9000 }, { containerPort: 7000, protocol: 'UDP' }]

test('all probes and hooks of one port share its detour', t => {
  const { pod } = inject(aPod({
    containers: [aContainer({
      ports,
      livenessProbe: { httpGet: { port: 8080, path: '/live' }, periodSeconds: 3 },
      readinessProbe: { tcpSocket: { port: 'http' } },
      startupProbe: { grpc: { port: 9000 } },
      lifecycle: { preStop: { httpGet: { port: 'http', path: '/bye' } } }
    })]
  }))

  t.like(pod.spec.containers[0], {
    livenessProbe: { httpGet: { port: 15500, path: '/live' }, periodSeconds: 3 },
    readinessProbe: { tcpSocket: { port: 15500 } },
    startupProbe: { grpc: { port: 15501 } },
    lifecycle: { preStop: { httpGet: { port: 15500, path: '/bye' } } }
  })
  t.like(configOf(pod), { detours: [{ port: 15500, to: 8080 }, { port: 15501, to: 9000 }] })
})

const leftAlone: Record<string, object> = {
  'a probe of a port that is not redirected': { livenessProbe: { httpGet: { port: 1234 } } },
  'a probe with a host of its own': { livenessProbe: { httpGet: { port: 8080, host: 'example.internal' } } },
  'a probe that names no port of its container': { livenessProbe: { tcpSocket: { port: 'admin' } } },
  'a probe that runs a command': { livenessProbe: { exec: { command: ['true'] } } },
  'a hook that sleeps': { lifecycle: { preStop: { sleep: { seconds: 1 } } } }
}
for (const [name, parts] of Object.entries(leftAlone)) {
  test(`${name} is left as it was`, t => {
    const before = aPod({ containers: [aContainer({ ports, ...parts })] })

    const { pod } = inject(before)

    t.deepEqual(pod.spec.containers, before.spec.containers)
    t.like(configOf(pod), { detours: [] })
  })
}

test('the annotation "keep" leaves every probe where it is', t => {
  const before = aPod({
    containers: [aContainer({ livenessProbe: { httpGet: { port: 8080 } } })],
    metadata: { annotations: { 'waylay.dev/probes': 'keep' } }
  })

  t.deepEqual(inject(before).pod.spec.containers, before.spec.containers)
})

test('a native sidecar\'s probe moves although its place in the list changes', t => {
  const { pod } = inject(aPod({
    spec: {
      initContainers: [
        { name: 'migrate' },
        { name: 'envoy', restartPolicy: 'Always', ports: [{ containerPort: 9000 }], livenessProbe: { httpGet: { port: 9000 } } }
      ]
    }
  }))

  t.like(pod.spec.initContainers?.[3], { name: 'envoy', livenessProbe: { httpGet: { port: 15500 } } })
})

test('a name is resolved within its own container', t => {
  const { pod } = inject(aPod({
    containers: [
      aContainer({ ports: [{ containerPort: 8080, name: 'http' }] }),
      aContainer({
        name: 'admin',
        ports: [{ containerPort: 9000, name: 'http' }],
        livenessProbe: { httpGet: { port: 'http' } }
      })
    ]
  }))

  t.like(configOf(pod), { detours: [{ port: 15500, to: 9000 }] })
})

test('detours avoid numbers that the pod declares', t => {
  const { pod } = inject(aPod({
    containers: [aContainer({
      ports: [{ containerPort: 8080 }, { containerPort: 15500 }], livenessProbe: { tcpSocket: { port: 8080 } }
    })]
  }))

  t.like(configOf(pod), { detours: [{ port: 15501, to: 8080 }] })
})
