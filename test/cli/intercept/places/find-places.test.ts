import test, { type ExecutionContext } from 'ava'
import { findPlaces } from '../../../../cli/intercept/places/find-places.ts'
import type { PortWish } from '../../../../cli/intercept/places/place.ts'
import { parseWorkloadName } from '../../../../cli/workload-name.ts'
import { startObjectServer, type Objects } from '../../helpers/object-server.ts'
import { aPod, aService, aWorkload } from '../../helpers/workload-objects.ts'

/** Looks for what was typed and shows it as `wish: workload port -> pods (not injected) @ address`. */
async function look (t: ExecutionContext, objects: Objects, typed: string, wishes: readonly PortWish[] = [undefined]) {
  const { cluster, requests } = await startObjectServer(t, objects)
  const { places, warnings } = await findPlaces(cluster, 'shop', parseWorkloadName(typed), wishes)
  const shown = await Promise.all(places.map(async ({ wish, workload, port, pods, notInjected, service }) => {
    const names = (list: readonly { readonly metadata: { readonly name: string } }[]) => list.map(({ metadata }) => metadata.name).join(' ')
    const missing = notInjected.length === 0 ? '' : ` (${names(notInjected)})`
    return `${wish}: ${workload.id} ${port.port} -> ${names(pods)}${missing} @ ${(await service)?.host ?? '-'}`
  }))
  return { shown: shown.sort(), warnings, requests, places }
}

const DEPLOYMENT: Objects = {
  deployments: [aWorkload('payments')],
  pods: [aPod('p1', { workload: 'deployment/payments' }), aPod('p2', { workload: 'deployment/payments' })],
  services: [aService('pay', { selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 'http' }] })]
}

const finds = test.macro(async (
  t, objects: Objects, typed: string, wishes: readonly PortWish[], expected: readonly string[]
) => {
  t.deepEqual((await look(t, objects, typed, wishes)).shown, expected)
})

test('a Deployment is found by its bare name', finds, DEPLOYMENT, 'payments', [undefined], [
  '0: deployment/payments 8080 -> p1 p2 @ pay.shop'
])
test('a port is found by its number and its name', finds, DEPLOYMENT, 'deploy/payments', ['http'], [
  '0: deployment/payments 8080 -> p1 p2 @ pay.shop'
])
for (const kind of ['statefulset', 'daemonset', 'replicaset']) {
  test(`a ${kind} is found by kind and name`, finds, {
    [`${kind}s`]: [aWorkload('ledger')], pods: [aPod('l1', { labels: { app: 'ledger' }, workload: `${kind}/ledger` })]
  }, `${kind}/ledger`, [8080], [`0: ${kind}/ledger 8080 -> l1 @ -`])
}
test('a bare pod is found by its own name', finds, { pods: [aPod('debug-x7f', { workload: 'pod/debug-' }), aPod('other', { workload: 'pod/other' })] },
  'pod/debug-x7f', [undefined], ['0: pod/debug-x7f 8080 -> debug-x7f @ -'])
test('a pod is traced to the Deployment on top of it', finds, DEPLOYMENT, 'pod/p1', [undefined], [
  '0: deployment/payments 8080 -> p1 p2 @ pay.shop'
])
test('a ReplicaSet is traced to its Deployment by its hash', finds, {
  ...DEPLOYMENT, replicasets: [{ metadata: { name: 'payments-6d4b', labels: { 'pod-template-hash': '6d4b' } } }]
}, 'rs/payments-6d4b', [undefined], ['0: deployment/payments 8080 -> p1 p2 @ pay.shop'])

const ROLLOUT: Objects = { pods: [aPod('r1', { workload: 'rollout/payments' }), aPod('x', { workload: 'deployment/other' })] }
for (const typed of ['rollout/payments', 'rollouts/payments', 'rollouts.argoproj.io/payments', 'payments']) {
  test(`${typed} is found by what stands in the pods`, finds, ROLLOUT, typed, [undefined], ['0: rollout/payments 8080 -> r1 @ -'])
}
test('a Job is found by what stands in its pods', finds, { pods: [aPod('j1', { workload: 'job/import' })] },
  'job/import', [undefined], ['0: job/import 8080 -> j1 @ -'])
test('a controller of ReplicaSets is found by who owns them', finds, {
  replicasets: [
    { metadata: { name: 'pay-1', ownerReferences: [{ kind: 'Gadget', name: 'payments', controller: true }] } },
    { metadata: { name: 'pay-2', ownerReferences: [{ kind: 'Gadget', name: 'payments', controller: true }] } },
    { metadata: { name: 'pay-3', ownerReferences: [{ kind: 'Gadget', name: 'other', controller: true }] } }
  ] as never,
  pods: ['1', '2', '3'].map(number => aPod(`g${number}`, { workload: `replicaset/pay-${number}` }))
}, 'gadget/payments', [undefined], ['0: replicaset/pay-1 8080 -> g1 @ -', '0: replicaset/pay-2 8080 -> g2 @ -'])
test('who may not read workloads finds one by its pods', finds, { ...DEPLOYMENT, deployments: 403, statefulsets: 403 }, 'payments', [undefined], [
  '0: deployment/payments 8080 -> p1 p2 @ pay.shop'
])
test('who may not list Services is told no address', finds, { ...DEPLOYMENT, services: 403 }, 'payments', [undefined], [
  '0: deployment/payments 8080 -> p1 p2 @ -'
])

const TWO_PORTS = [{ containerPort: 8080, name: 'http' }, { containerPort: 9090, name: 'admin' }]
const TWO: Objects = {
  deployments: [aWorkload('payments')],
  pods: [aPod('p1', { workload: 'deployment/payments', ports: TWO_PORTS })],
  services: [aService('payments', {
    selector: { app: 'payments' },
    ports: [{ port: 80, name: 'web', targetPort: 'http' }, { port: 81, name: 'ops', targetPort: 9090 }, { port: 53, protocol: 'UDP' }]
  })]
}
test('each of several ports gets a place of its own', finds, TWO, 'payments', [9090, 'http'], [
  '0: deployment/payments 9090 -> p1 @ payments.shop:81', '1: deployment/payments 8080 -> p1 @ payments.shop'
])
test('ports of a Service lead to ports of the container', finds, TWO, 'svc/payments', [81, 'web'], [
  '0: deployment/payments 9090 -> p1 @ payments.shop:81', '1: deployment/payments 8080 -> p1 @ payments.shop'
])

const BLUE_GREEN: Objects = {
  deployments: [aWorkload('blue'), aWorkload('green')],
  pods: [
    aPod('b1', { labels: { app: 'blue', tier: 'web' }, workload: 'deployment/blue' }),
    aPod('b2', { labels: { app: 'blue' }, workload: 'deployment/blue' }),
    aPod('g1', { labels: { app: 'green', tier: 'web' }, workload: 'deployment/green', ports: [{ containerPort: 3000, name: 'http' }] }),
    aPod('over', { labels: { app: 'old', tier: 'web' }, workload: 'job/old', phase: 'Succeeded' })
  ],
  services: [aService('web', { selector: { tier: 'web' }, ports: [{ port: 80, targetPort: 'http' }] })]
}
test('a Service with two workloads gives a place for each, with all of its pods', finds, BLUE_GREEN, 'service/web', [undefined], [
  '0: deployment/blue 8080 -> b1 b2 @ web.shop', '0: deployment/green 3000 -> g1 @ web.shop'
])
test('a headless Service is told with the container\'s port', finds, {
  ...DEPLOYMENT, services: [aService('pay', { clusterIP: 'None', selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 8080 }] })]
}, 'service/pay', [80], ['0: deployment/payments 8080 -> p1 p2 @ pay.shop:8080'])
test('a port by name that moves in a rollout gives both numbers', finds, {
  deployments: [aWorkload('payments')],
  pods: [
    aPod('old', { workload: 'deployment/payments' }),
    aPod('new', { workload: 'deployment/payments', ports: [{ containerPort: 3000, name: 'http' }] })
  ],
  services: [aService('pay', { selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 'http' }] })]
}, 'service/pay', [undefined], ['0: deployment/payments 3000 -> old new @ pay.shop', '0: deployment/payments 8080 -> old new @ pay.shop'])
test('a Service leads to pods of a controller nobody knows', finds, {
  services: [aService('pay', { selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 8080 }] })],
  pods: [aPod('r1', { workload: 'rollout/payments' })]
}, 'service/pay', [undefined], ['0: rollout/payments 8080 -> r1 @ pay.shop'])

test('a workload behind a Service that cannot be intercepted is a warning', async t => {
  const bare = aPod('g1', { labels: { app: 'green', tier: 'web' }, owner: { kind: 'StatefulSet', name: 'green' } })
  const { shown, warnings } = await look(t, { ...BLUE_GREEN, pods: [...(BLUE_GREEN['pods'] as []).slice(0, 1), bare] }, 'service/web')

  t.deepEqual(shown, ['0: deployment/blue 8080 -> b1 @ web.shop'])
  t.is(warnings.length, 1)
  t.regex(warnings[0] ?? '', /^waylay is not in the pods of statefulset\/green.*its requests go to the app. Try: kubectl label namespace shop/)
})

test('a place tells the cluster address that a check goes to', async t => {
  const { places } = await look(t, TWO, 'service/payments', ['ops'])

  t.deepEqual((await places[0]?.service)?.cluster, { host: '10.0.0.7', port: 81 })
})

test('pods that the webhook passed by are told beside those it did not', finds, {
  ...DEPLOYMENT,
  pods: [
    aPod('p1', { workload: 'deployment/payments' }),
    aPod('p2', { labels: { app: 'payments', 'pod-template-hash': '77' }, owner: { kind: 'ReplicaSet', name: 'payments-77' } }),
    aPod('ended', { workload: 'deployment/payments', phase: 'Failed' })
  ]
}, 'payments', [undefined], ['0: deployment/payments 8080 -> p1 (p2) @ pay.shop'])

const fails = test.macro(async (
  t, objects: Objects, typed: string, wishes: readonly PortWish[], code: string, message: RegExp, hint: RegExp
) => {
  const error = await t.throwsAsync(look(t, objects, typed, wishes), { code, message })
  t.regex((error as Error & { hint: string }).hint, hint)
})

test('an undeclared port is answered with the annotation to add', fails, DEPLOYMENT, 'payments', [9090], 'WAYLAY_PORT_UNKNOWN',
  /^deployment\/payments has no port 9090; its ports: 8080 \(http\)$/,
  /^Name one of them: --port <developer port>:8080\. Should the app listen on 9090 too: kubectl -n shop patch deployment\/payments --type merge -p '\{"spec":\{"template":\{"metadata":\{"annotations":\{"waylay.dev\/ports":"8080,9090"\}\}\}\}\}'$/)
test('an unknown port name is answered with those there are', fails, DEPLOYMENT, 'payments', ['grpc'], 'WAYLAY_PORT_UNKNOWN',
  /has no port grpc; its ports: 8080/, /^Name one of them: --port <developer port>:8080$/)
test('several ports and no wish are answered with the list', fails, TWO, 'payments', [undefined], 'WAYLAY_PORT_UNKNOWN',
  /has several ports: 8080 \(http\), 9090 \(admin\)$/, /--port <developer port>:8080/)

const DNS: Objects = {
  deployments: [aWorkload('dns', 'payments')],
  pods: [aPod('d1', {
    workload: 'deployment/dns',
    ports: [{ containerPort: 53, name: 'dns', protocol: 'UDP' }, { containerPort: 6379 }, { containerPort: 9, protocol: 'SCTP' }]
  })],
  services: TWO['services'] ?? []
}
test('a UDP port by number is refused with the annotation for TCP', fails, DNS, 'dns', [53], 'WAYLAY_PORT_NOT_TCP',
  /declares port 53 for UDP, and only TCP can be diverted/, /"waylay.dev\/ports":"6379=on-demand,53"/)
test('a UDP port by name is refused', fails, DNS, 'dns', ['dns'], 'WAYLAY_PORT_NOT_TCP', /port 53 for UDP/, /patch deployment\/dns/)
test('an SCTP port is refused', fails, DNS, 'dns', [9], 'WAYLAY_PORT_NOT_TCP', /port 9 for SCTP/, /6379=on-demand,9/)
test('a UDP port of a Service is refused', fails, TWO, 'service/payments', [53], 'WAYLAY_PORT_NOT_TCP',
  /^service\/payments carries UDP on port 53/, /--port <developer port>:80$/)
test('a declared port that the annotation leaves out is told apart', fails, {
  deployments: [aWorkload('payments')], pods: [aPod('p1', { workload: 'deployment/payments', ports: TWO_PORTS, redirected: [8080] })]
}, 'payments', ['admin'], 'WAYLAY_PORT_UNKNOWN', /declares port admin, but its pods say to leave it out/, /"8080,9090"/)
test('a bare pod must be created anew for another port', fails, { pods: [aPod('debug', { workload: 'pod/debug' })] }, 'pod/debug', [1234],
  'WAYLAY_PORT_UNKNOWN', /pod\/debug has no port 1234/, /Should the app listen on 1234 too: Create pod\/debug anew with the annotation waylay.dev\/ports: "8080,1234" on its pod$/)
test('the sidecar\'s own port is none of the app\'s', fails, DEPLOYMENT, 'payments', [15902], 'WAYLAY_PORT_UNKNOWN', /has no port 15902/, /./)
test('two flags for one port are refused', fails, DEPLOYMENT, 'payments', [8080, 'http'], 'WAYLAY_USAGE',
  /^Two of the flags --port lead to deployment\/payments port 8080$/, /Leave one/)

const withService = (spec: object): Objects => ({ ...DEPLOYMENT, services: [aService('s', spec)] })
const PORT_80 = [{ port: 80 }]
test('a Service that is not there is named', fails, DEPLOYMENT, 'service/web', [80], 'WAYLAY_WORKLOAD_UNKNOWN',
  /^There is no service "web" in namespace "shop"$/, /kubectl -n shop get services/)
test('a Service without a selector is refused', fails, withService({ ports: PORT_80 }), 'svc/s', [80], 'WAYLAY_SERVICE_UNFIT', /has no selector/, /Name the workload/)
test('an ExternalName Service is refused', fails, withService({ type: 'ExternalName', selector: { app: 'payments' } }), 'svc/s', [80],
  'WAYLAY_SERVICE_UNFIT', /ExternalName/, /Name the workload/)
test('a Service without pods is told with its selector', fails, withService({ selector: { app: 'x', tier: 'web' }, ports: PORT_80 }), 'svc/s', [80],
  'WAYLAY_NO_PODS', /^service\/s in namespace "shop" selects no pods$/, /get pods -l app=x,tier=web$/)
test('a port that the Service does not have is answered with its ports', fails, TWO, 'service/payments', [8080], 'WAYLAY_PORT_UNKNOWN',
  /^service\/payments has no port 8080; its ports: 80 \(web\), 81 \(ops\)$/, /Service's port, not the container's: --port <developer port>:80/)
test('a Service with several ports wants one named', fails, TWO, 'service/payments', [undefined], 'WAYLAY_PORT_UNKNOWN', /several ports: 80 \(web\), 81/, /:80$/)
test('a Service with UDP alone has nothing to divert', fails, withService({ selector: { app: 'payments' }, ports: [{ port: 53, protocol: 'UDP' }] }), 'svc/s',
  [undefined], 'WAYLAY_PORT_UNKNOWN', /has no TCP port/, /Only TCP/)
test('a Service whose port leads to a name nobody has says so', fails, withService({ selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 'web' }] }),
  'svc/s', [80], 'WAYLAY_PORT_UNKNOWN', /leads to the port named "web", which no container of deployment\/payments has/, /describe/)
test('a Service whose port the pods do not declare prints the annotation', fails,
  withService({ selector: { app: 'payments' }, ports: [{ port: 80, targetPort: 9999 }] }),
  'svc/s', [80], 'WAYLAY_PORT_UNKNOWN', /has no port 9999/, /"8080,9999"/)

test('a name that only a Service has leads there', fails, TWO, 'web', [80], 'WAYLAY_WORKLOAD_UNKNOWN', /^There is no workload "web"/, /kubectl/)
test('a Service\'s name without its kind is recognised', fails, { services: TWO['services'] ?? [] }, 'payments', [80], 'WAYLAY_WORKLOAD_UNKNOWN',
  /but a Service of that name$/, /waylay intercept service\/payments$/)
test('a kind that made no pods says how to see who did', fails, DEPLOYMENT, 'rollout/payments', [80], 'WAYLAY_WORKLOAD_UNKNOWN',
  /^No pod in namespace "shop" belongs to the rollout "payments"$/, /get pods -o custom-columns/)
test('a name that fits two kinds is refused with both', fails, { ...DEPLOYMENT, statefulsets: [aWorkload('payments')] }, 'payments', [80],
  'WAYLAY_WORKLOAD_UNKNOWN', /fits several workloads.*deployment\/payments, statefulset\/payments/, /intercept deployment\/payments/)
test('a name that two unknown kinds have is refused with both', fails, {
  pods: [aPod('a', { workload: 'job/x' }), aPod('b', { workload: 'gadget/x' })]
}, 'x', [80], 'WAYLAY_WORKLOAD_UNKNOWN', /job\/x, gadget\/x/, /intercept job\/x/)
test('pods that are starting are waited for by name', fails, {
  deployments: [aWorkload('payments')], pods: [aPod('p1', { workload: 'deployment/payments', isStarting: true })]
}, 'payments', [8080], 'WAYLAY_NO_PODS', /No pod of deployment\/payments runs yet: p1/, /get pods/)
test('a rollout that is not injected is told apart from none', fails, {
  pods: [aPod('r1', { labels: { app: 'payments', 'rollouts-pod-template-hash': '5c' }, owner: { kind: 'ReplicaSet', name: 'payments-5c' } })]
}, 'rollout/payments', [80], 'WAYLAY_NOT_INJECTED', /not in the pods of rollout\/payments/, /delete pod r1 {3}# their successors are injected {3}# if new/)
test('a bare pod that is not injected must be made again', fails, { pods: [aPod('debug')] }, 'pod/debug', [80], 'WAYLAY_NOT_INJECTED', /pod\/debug/,
  /delete pod\/debug {3}# and create it again {3}# if new/)
test('who may read nothing is told the right that is missing', fails, { deployments: 403, pods: 403 }, 'deployment/payments', [80], 'WAYLAY_FORBIDDEN',
  /You may not list pods/, /^Name your own namespace with -n, or ask .* --clusterrole=waylay-developer --user='maria'$/)
