import test, { type ExecutionContext } from 'ava'
import { newIntercept, type Intercept, type InterceptSpec, type InterceptStatus } from '../../../intercepts/object.ts'
import { startApiStub, type ApiStub } from '../helpers/api-stub.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

const at = (ms: number): string => new Date(Date.now() + ms).toISOString()
const INTERCEPTS = '/apis/waylay.dev/v1alpha1'

type Parts = { readonly spec?: Partial<InterceptSpec>, readonly status?: InterceptStatus, readonly namespace?: string }

/** Held by maria for an hour; renewed so many ms ago, by her, unless the status says otherwise. */
function anIntercept (name: string, renewedMs: number, { spec, status, namespace = 'shop' }: Parts = {}): Intercept {
  const fence = Date.now() - 3_600_000
  const object = newIntercept(namespace, name, {
    workload: 'deployment/payments',
    port: 8080,
    match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-3fk27d4a' }] },
    global: false,
    sessionKey: 'key',
    owner: 'maria',
    host: 'marias-laptop',
    fence,
    ...spec
  })
  return {
    ...object,
    metadata: { ...object.metadata, uid: name, resourceVersion: '1', creationTimestamp: at(-7_200_000) },
    status: { fence, renewTime: at(-renewedMs), requests: 7, pods: 2, ...status }
  }
}

async function run (t: ExecutionContext, answers: ApiStub['answers'], ...args: readonly string[]) {
  const stub = await startApiStub(t, answers)
  const kubeconfig = await writeKubeconfig(t, stub.url)
  const ran = await runToEnd(t, [...args, '--kubeconfig', kubeconfig])
  return { ...ran, requests: stub.requests }
}

const list = (...items: readonly object[]) => ({ status: 200, body: { metadata: {}, items } })
const FORBIDDEN = { status: 403, body: { message: 'is forbidden: User "maria" cannot list that' } }
const ME = { status: 201, body: { status: { userInfo: { username: 'maria' } } } }
const WHO = 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews'
const ALL = `GET ${INTERCEPTS}/intercepts`
const inNamespace = (namespace: string) => `GET ${INTERCEPTS}/namespaces/${namespace}/intercepts`
const deletion = (name: string, namespace = 'shop') => `DELETE ${INTERCEPTS}/namespaces/${namespace}/intercepts/${name}`

test('list tells live and expired ones with what they diverted', async t => {
  const { stdout, exitCode } = await run(t, { [ALL]: list(anIntercept('b', 16_000), anIntercept('a', 2000)) }, 'list')

  t.is(exitCode, 0)
  t.regex(stdout, /^shop +deployment\/payments +8080 +x-waylay-id=maria-3fk27d4a +maria +marias-laptop +(1h|59m59s) +7 +2 +live$/m)
  t.regex(stdout, /marias-laptop +(1h|59m59s) +7 +2 +expired$/m)
})

test('list does not show what an earlier holder wrote', async t => {
  const { stdout } = await run(t, { [ALL]: list(anIntercept('a', 10, { status: { fence: 1 } })) }, 'list', '--output', 'json')
  const [first] = (JSON.parse(stdout) as { intercepts: object[] }).intercepts

  t.like(first, { state: 'expired', requests: null, pods: null, renewedAt: null })
})

test('list is valid JSON when there is nothing', async t => {
  const { stdout } = await run(t, { [ALL]: list() }, 'list', '--output', 'json')

  t.deepEqual(JSON.parse(stdout), { intercepts: [] })
})

test('one that was written by hand and cannot be read hides no other', async t => {
  const odd = anIntercept('odd', 10, { spec: { match: 7, fence: 9e15, owner: 'a\u001b[31m' } as never })
  const { stdout, exitCode } = await run(t, { [ALL]: list(odd, anIntercept('a', 2000)) }, 'list')

  t.is(exitCode, 0)
  t.regex(stdout, /\(cannot be read\)/)
  t.regex(stdout, /maria-3fk27d4a/)
  t.false(stdout.includes('\u001b'))
})

test('list reads page by page', async t => {
  const page = { status: 200, body: { metadata: { continue: 'more' }, items: [anIntercept('a', 10)] } }
  const { stdout } = await run(t, { [`${ALL}?limit=500`]: page, [`${ALL}?limit=500&continue=more`]: list(anIntercept('b', 10)) }, 'list', '--output', 'json')

  t.is((JSON.parse(stdout) as { intercepts: object[] }).intercepts.length, 2)
})

test('who may not list the cluster sees the namespaces they may', async t => {
  const { stdout, stderr } = await run(t, {
    [ALL]: FORBIDDEN,
    'GET /api/v1/namespaces': list({ metadata: { name: 'shop' } }, { metadata: { name: 'bank' } }, { metadata: { name: 'secret' } }),
    [inNamespace('shop')]: list(anIntercept('a', 10)),
    [inNamespace('bank')]: list(anIntercept('b', 10, { namespace: 'bank' })),
    [inNamespace('secret')]: FORBIDDEN
  }, 'list')

  t.regex(stdout, /^bank .*\nshop /m)
  t.regex(stderr, /^Seen in 2 of 3 namespaces: you may not list intercepts in the others\.$/)
})

test('who may not list namespaces sees the current one and is told', async t => {
  const { stdout, stderr } = await run(t, {
    [ALL]: FORBIDDEN, 'GET /api/v1/namespaces': FORBIDDEN, [inNamespace('shop')]: list(anIntercept('a', 10))
  }, 'list')

  t.regex(stdout, /^shop /m)
  t.regex(stderr, /^Only namespace shop: you may list neither .*\. Name others with -n\.$/)
})

test('who may see no intercept at all is told the right that is missing', async t => {
  const { exitCode, stderr } = await run(t, {
    [ALL]: FORBIDDEN, 'GET /api/v1/namespaces': FORBIDDEN, [inNamespace('shop')]: FORBIDDEN
  }, 'list')

  t.is(exitCode, 3)
  t.regex(stderr, /You may not list intercepts\.waylay\.dev in namespace "shop"/)
})

test('list of one namespace asks for no other', async t => {
  const { requests } = await run(t, { [inNamespace('bank')]: list() }, 'list', '-n', 'bank')

  t.deepEqual(requests, [`${inNamespace('bank')}?limit=500`])
})

test('leave --all in all namespaces ends those of the caller alone', async t => {
  const { stdout, requests, exitCode } = await run(t, {
    [WHO]: ME,
    [ALL]: list(anIntercept('a', 10), anIntercept('b', 10, { namespace: 'bank' }), anIntercept('c', 10, { spec: { owner: 'bob' } })),
    [deletion('a')]: { status: 200, body: {} },
    [deletion('b', 'bank')]: { status: 200, body: {} }
  }, 'leave', '--all', '-A')

  t.is(exitCode, 0)
  t.regex(stdout, /^Left shop\/deployment\/payments port 8080, .*\nLeft bank\/deployment\/payments port 8080/)
  t.deepEqual(requests.filter(line => line.startsWith('DELETE')).sort(), [deletion('a'), deletion('b', 'bank')].sort())
})

test('leave of another\'s by its name is told what the webhook says', async t => {
  const message = 'admission webhook "delete.intercepts.waylay.dev" denied the request: WAYLAY_CONFLICT: The intercept c in shop is held by bob, and maria lacks the verb "takeover". Ask bob to end it.'
  const { exitCode, stderr } = await run(t, {
    [WHO]: ME,
    [inNamespace('shop')]: list(anIntercept('c', 10, { spec: { owner: 'bob' } })),
    [deletion('c')]: { status: 403, body: { message } }
  }, 'leave', 'c')

  t.is(exitCode, 6)
  t.regex(stderr, /^The intercept c in shop is held by bob, and maria lacks the verb "takeover"\n {2}Try: {3}Ask bob to end it\.\n/)
})

test('leave of a workload that only others intercept names them', async t => {
  const { exitCode, stderr, requests } = await run(t, {
    [WHO]: ME, [inNamespace('shop')]: list(anIntercept('c', 10, { spec: { owner: 'bob' } }))
  }, 'leave', 'payments')

  t.is(exitCode, 5)
  t.regex(stderr, /^You have no intercept "payments" in namespace shop; bob has one\n/)
  t.false(requests.some(line => line.startsWith('DELETE')))
})

test('leave of a Service ends those of the workloads behind it', async t => {
  const pod = { metadata: { name: 'p', namespace: 'shop', uid: 'p', ownerReferences: [{ kind: 'StatefulSet', name: 'ledger', controller: true }] } }
  const { requests, exitCode } = await run(t, {
    [WHO]: ME,
    [inNamespace('shop')]: list(anIntercept('a', 10), anIntercept('l', 10, { spec: { workload: 'statefulset/ledger' } })),
    'GET /api/v1/namespaces/shop/services/books': { status: 200, body: { metadata: { name: 'books', namespace: 'shop' }, spec: { selector: { app: 'ledger' } } } },
    'GET /api/v1/namespaces/shop/pods': list(pod),
    [deletion('l')]: { status: 200, body: {} }
  }, 'leave', 'service/books')

  t.is(exitCode, 0)
  t.deepEqual(requests.filter(line => line.startsWith('DELETE')), [deletion('l')])
})

test('what was taken over at that moment is left to its new holder', async t => {
  const mine = anIntercept('a', 10)
  const { stdout, requests } = await run(t, {
    [WHO]: ME,
    [inNamespace('shop')]: list(mine),
    [deletion('a')]: { status: 409, body: { message: 'the object has been modified' } },
    [`${inNamespace('shop')}/a`]: { status: 200, body: { ...mine, spec: { ...mine.spec, fence: Date.now() } } }
  }, 'leave', '--all')

  t.regex(stdout, /had ended already, or was taken over$/)
  t.is(requests.filter(line => line.startsWith('DELETE')).length, 1)
})
