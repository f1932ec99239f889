import test, { type ExecutionContext } from 'ava'
import { newIntercept, type Intercept, type InterceptSpec } from '../../../intercepts/object.ts'
import { isTokenOf, previewName, type Preview } from '../../../intercepts/preview.ts'
import { startApiStub, type ApiStub } from '../helpers/api-stub.ts'
import { fitsSchema } from '../helpers/fits-schema.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { runToEnd } from '../helpers/run-cli.ts'

const ID = 'maria-3fk27d4a'
const DOMAIN = 'preview.example.com'
const API = '/apis/waylay.dev/v1alpha1/namespaces/shop/intercepts'
const ME = { 'POST /apis/authentication.k8s.io/v1/selfsubjectreviews': { status: 201, body: { status: { userInfo: { username: 'maria' } } } } }

function anIntercept (name: string, spec: Partial<InterceptSpec> = {}): Intercept {
  const fence = Date.now() - 60_000
  const object = newIntercept('shop', name, {
    workload: `deployment/${name}`,
    port: 8080,
    match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: ID }] },
    global: false,
    sessionKey: 'key',
    owner: 'maria',
    fence,
    ...spec
  })
  return {
    ...object,
    metadata: { ...object.metadata, uid: name, resourceVersion: '1', creationTimestamp: new Date(fence).toISOString() },
    status: { fence, renewTime: new Date().toISOString() }
  }
}

function aPreview (name: string, endsInMs = 3_600_000): Preview {
  const expiresAt = new Date(Date.now() + endsInMs).toISOString()
  return { name, tokenDigest: 'a'.repeat(64), service: 'storefront', port: 80, expiresAt, domain: DOMAIN }
}

function aService (spec: object = {}): ApiStub['answers'] {
  const service = {
    metadata: { name: 'storefront', namespace: 'shop' },
    spec: { type: 'ClusterIP', clusterIP: '10.0.0.7', selector: { app: 'storefront' }, ports: [{ port: 80, name: 'http' }], ...spec }
  }
  return { 'GET /api/v1/namespaces/shop/services/storefront': { status: 200, body: service } }
}

/** Runs a command against these Intercepts; what it writes is stamped with the domain, as the webhook does. */
async function run (
  t: ExecutionContext, intercepts: readonly Intercept[], args: readonly string[], answers: ApiStub['answers'] = aService()
) {
  let bodies: readonly string[] = []
  const stamped = (): object => {
    const object = JSON.parse(bodies.at(-1) ?? '{}') as Intercept
    const previews = object.spec.previews?.map(preview => ({ ...preview, domain: DOMAIN })) ?? []
    return { ...object, spec: { ...object.spec, previews } }
  }
  const each = Object.fromEntries(intercepts.flatMap(intercept => {
    const path = `${API}/${intercept.metadata.name}`
    return [
      [`GET ${path}`, { status: 200, body: intercept }],
      [`PUT ${path}`, { status: 200, get body () { return stamped() } }]
    ]
  })) as ApiStub['answers']
  const all = { status: 200, body: { metadata: {}, items: intercepts } }
  const stub = await startApiStub(t, { ...ME, ...each, [`GET ${API}`]: all, 'GET /apis/waylay.dev/v1alpha1/intercepts': all, ...answers })
  bodies = stub.bodies
  const ran = await runToEnd(t, [...args, '--kubeconfig', await writeKubeconfig(t, stub.url)])
  const written = stub.requests.flatMap((request, index) =>
    request.startsWith('PUT ') ? [JSON.parse(stub.bodies[index] ?? '') as Intercept] : [])
  return { ...ran, written }
}

test('a link is printed once, and stands as a digest on the developer\'s own intercept', async t => {
  const kept = aPreview('p-00000000000000000001')
  const intercepts = [anIntercept('payments', { previews: [kept, aPreview('p-00000000000000000002', -1000)] }), anIntercept('theirs', { owner: 'jon' })]

  const { stdout, stderr, written, exitCode } = await run(t, intercepts, ['preview', 'storefront', '--share', '--id', ID, '--ttl', '2h', '-o', 'json'])

  t.is(exitCode, 0, stderr)
  const shared = fitsSchema(t, stdout, 'preview-share') as { url: string, name: string, host: string, expiresAt: string }
  const [, token = ''] = /^https:\/\/([a-z2-7]{26})\.preview\.example\.com\/$/.exec(shared.url) ?? []
  t.is(shared.name, previewName(token))
  t.is(shared.host, `${shared.name}.${DOMAIN}`)
  t.false(stderr.includes(token))
  const [object] = written
  t.is(object?.metadata.name, 'payments')
  t.is(object?.metadata.resourceVersion, '1', 'over the version that was read')
  t.false(JSON.stringify(object).includes(token))
  const [first, added, ...more] = object?.spec.previews ?? []
  t.deepEqual([first, more], [kept, []], 'what is open stays, what has expired makes room')
  t.true(isTokenOf(added?.tokenDigest ?? '', token, { namespace: 'shop', intercept: 'payments', owner: 'maria' }))
  t.is(Math.round((Date.parse(added?.expiresAt ?? '') - Date.now()) / 60_000), 120)
})

test('of several intercepts with the same value the oldest is shared, and another by its name', async t => {
  const older = anIntercept('zz')
  const old = { ...older, metadata: { ...older.metadata, creationTimestamp: '2026-01-01T00:00:00Z' } }
  const intercepts = [anIntercept('aa'), old, anIntercept('other', { match: { headers: [{ type: 'Exact', name: 'x-team', value: 'payments-1' }] } })]
  const share = ['preview', 'storefront', '--share', '--id', ID]

  t.is((await run(t, intercepts, share)).written[0]?.metadata.name, 'zz')
  t.is((await run(t, intercepts, [...share, '--intercept', 'aa'])).written[0]?.metadata.name, 'aa')
  const unknown = await run(t, intercepts, [...share, '--intercept', 'nobody'])
  t.is(unknown.exitCode, 5)
  t.regex(unknown.stderr, /--intercept: aa \(deployment\/aa port 8080, x-waylay-id=maria-3fk27d4a\); zz/)
})

const refused: Record<string, readonly [readonly Intercept[], readonly string[], ApiStub['answers'], number, RegExp]> = {
  'no intercept of one\'s own': [[anIntercept('x', { owner: 'jon' })], [], aService(), 5, /You have no live intercept in shop/],
  'a match without an exact header': [[anIntercept('x', { match: { headers: [{ type: 'Glob', name: 'x-waylay-id', value: 'maria-*' }] } })], [], aService(), 5, /WAYLAY_PREVIEW_UNFIT/],
  'a headless Service': [[anIntercept('x')], [], aService({ clusterIP: 'None' }), 5, /WAYLAY_PREVIEW_UNFIT.*|has no cluster IP/],
  'a port with TLS': [[anIntercept('x')], [], aService({ ports: [{ port: 443, name: 'https' }] }), 5, /carries TLS/],
  'an ExternalName': [[anIntercept('x')], [], aService({ type: 'ExternalName' }), 5, /WAYLAY_SERVICE_UNFIT/],
  'a life of more than a week': [[anIntercept('x')], ['--ttl', '8d'], aService(), 2, /from 1m to 7d/],
  'another value than the intercept\'s': [[anIntercept('x')], ['--id', 'other-3fk27d4a'], aService(), 5, /with x-waylay-id=other-3fk27d4a alone\n.*--intercept: x /],
  'a time that is no link\'s': [[anIntercept('x')], ['--for', '1h'], aService(), 2, /how long a link lives says --ttl/],
  'a port of this machine': [[anIntercept('x')], ['--port', '9000:80'], aService(), 2, /^The first number of --port, 9000, is for/m],
  'a browser of one\'s own': [[anIntercept('x')], ['--open'], aService(), 2, /--open is for a preview on this machine/]
}
for (const [what, [intercepts, flags, answers, exitCode, message]] of Object.entries(refused)) {
  test(`${what} cannot be shared`, async t => {
    const ran = await run(t, intercepts, ['preview', 'storefront', '--share', '--id', ID, ...flags], answers)
    t.deepEqual([ran.exitCode, ran.written], [exitCode, []], ran.stderr)
    t.regex(ran.stderr, message)
  })
}

test('the only intercept is shared whatever its value, unless the command names one', async t => {
  const { written } = await run(t, [anIntercept('x')], ['preview', 'storefront', '--share'])
  t.is(written[0]?.metadata.name, 'x')
})

test('flags of a link mean nothing without one', async t => {
  const { exitCode, stderr } = await run(t, [], ['preview', 'storefront', '--ttl', '2h'])
  t.is(exitCode, 2)
  t.regex(stderr, /--ttl needs --share\n.*waylay preview storefront --share --ttl/)
})

test('the list names links and holders, and nothing that opens one', async t => {
  const intercepts = [
    anIntercept('payments', { previews: [aPreview('p-00000000000000000001'), aPreview('p-00000000000000000002', -1000)] }),
    { ...anIntercept('gone', { owner: 'jon', previews: [aPreview('p-00000000000000000003')] }), status: {} }
  ]
  const { stdout } = await run(t, intercepts, ['preview', 'list', '--all-namespaces', '-o', 'json'])
  const { previews } = fitsSchema(t, stdout, 'preview-list') as { previews: { name: string, state: string, owner: string }[] }
  t.deepEqual(previews.map(({ name, state, owner }) => `${name.at(-1)} ${state} ${owner}`).sort(), ['1 open maria', '2 expired maria', '3 away jon'])
  t.false(stdout.includes('aaaa'))
  t.regex((await run(t, intercepts, ['preview', 'list'])).stdout, /^shop +p-0+1 +storefront +80 +deployment\/payments +maria +\S+ +open$/m)
})

test('all of one\'s links are taken back, but for those that cannot be, which are told', async t => {
  const links = ['1', '2', '3'].map(digit => aPreview(`p-0000000000000000000${digit}`))
  const intercepts = links.map((link, index) => anIntercept(`app${index}`, { previews: [link] }))
  const refusal = { status: 500, body: { message: 'etcd is away' } }
  const { written, stdout, stderr, exitCode } = await run(t, intercepts, ['preview', 'revoke', '--all'], { [`PUT ${API}/app1`]: refusal })
  t.deepEqual(written.map(({ metadata }) => metadata.name), ['app0', 'app1', 'app2'])
  t.deepEqual(stdout.match(/p-0+\d/g), ['p-00000000000000000001', 'p-00000000000000000003'])
  t.regex(stderr, /Not revoked: p-0+2: shop\/storefront port 80: ./)
  t.not(exitCode, 0)
})

test('a link is taken back by its name or by itself, and all of one\'s own at once', async t => {
  const token = 'abcdefghijklmnopqrstuvwxyz'
  const [one, two] = [aPreview(previewName(token)), aPreview('p-00000000000000000002')]
  const intercepts = [anIntercept('payments', { previews: [one, two] }), anIntercept('theirs', { owner: 'jon', previews: [aPreview('p-00000000000000000003')] })]
  const revoke = async (...args: readonly string[]) => await run(t, intercepts, ['preview', 'revoke', ...args])

  for (const link of [one.name, `https://${token}.${DOMAIN}/orders?x=1`, `${one.name}.${DOMAIN}`]) {
    const { written, stdout } = await revoke(link)
    t.deepEqual(written.map(({ spec }) => spec.previews), [[two]], link)
    t.false(stdout.includes(token))
  }
  t.deepEqual((await revoke('--all')).written.map(({ metadata }) => metadata.name), ['payments', 'payments'])
  const unknown = await revoke(`https://${token.replace('a', 'b')}.${DOMAIN}/`)
  t.is(unknown.exitCode, 5)
  t.false(unknown.stderr.includes('bbcdef'), 'what may open another is not printed')
  t.is((await revoke()).exitCode, 2)
})
