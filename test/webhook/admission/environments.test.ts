import test, { type ExecutionContext } from 'ava'
import { anEnvironment, at, create, DAY_MS, HOUR_MS, madeBefore, startWebhook, update } from './environment-cases.ts'

test('whoever makes one is its owner, whatever they wrote', async t => {
  t.like(await create(anEnvironment({ owner: 'maria' })), { spec: { owner: 'ci' }, warnings: [] })
})

const refusesNew = async (t: ExecutionContext, object: unknown, message: RegExp): Promise<void> => {
  const { refused = '', status } = await create(object)
  t.regex(refused, message)
  t.is(status, 422)
}

for (const [name, object, wanted] of [
  ['no object', null, /^WAYLAY_ENVIRONMENT_INVALID: metadata.name is missing/],
  ['a spec that is a text', { metadata: { name: 'pr-1' }, spec: 'x' }, /spec.header is missing/],
  ['an upper-case header', anEnvironment({ header: 'X-Id' }), /^WAYLAY_ENVIRONMENT_INVALID: spec.header is "X-Id"/],
  ['a header that is no token', anEnvironment({ header: 'x id' }), /^WAYLAY_HEADER_MALFORMED: /],
  ['a header with a line break', anEnvironment({ header: 'x-id\r\n' }), /spec.header is "x-id.r.n"/],
  ['a short value', anEnvironment({ value: 'pr-1234' }), /spec.value is "pr-1234", not 8 to 64 letters/],
  ['a long value', anEnvironment({ value: 'a'.repeat(65) }), /spec.value is/],
  ['a value with a space', anEnvironment({ value: 'pr-123 or so' }), /spec.value is/],
  ['a value with a line break behind', anEnvironment({ value: 'pr-123-abcdefgh\n' }), /spec.value is/],
  ['no workload', anEnvironment({ workloads: [] }), /spec.workloads is 0, not a list of 1 to 32/],
  ['workloads that are none', anEnvironment({ workloads: [null] as never }), /spec.workloads\[0\].workload is missing/],
  ['a workload without a kind', anEnvironment({ workloads: [{ workload: 'payments', copy: 'c', ports: [], images: {} }] }),
    /workload is "payments", not kind\/name/],
  ['a copy that can be no Service', anEnvironment({ workloads: [{ workload: 'deployment/p', copy: '1', ports: [], images: {} }] }),
    /copy is "1"/],
  ['a workload twice', anEnvironment({ workloads: ['a', 'b'].map(copy => ({ workload: 'deployment/p', copy, ports: [], images: {} })) }),
    /spec.workloads\[1\] is "deployment\/p", not another/],
  ['no end', anEnvironment({ expiresAt: undefined as never }), /spec.expiresAt is missing, not a time/],
  ['an end in words', anEnvironment({ expiresAt: 'tomorrow' }), /spec.expiresAt is "tomorrow"/],
  ['an end on a day that no month has', anEnvironment({ expiresAt: '2026-13-41T00:00:00Z' }), /spec.expiresAt/],
  ['an end in the past', anEnvironment({ expiresAt: at(-1000) }), /spec.expiresAt is "2025-12-31T23:59:59.000Z", not later than now/],
  ['an end too far ahead', anEnvironment({ expiresAt: at(31 * DAY_MS) }), /31d ahead, and an environment in shop lives 30d at most. Ask for less: --ttl 30d/],
  ['a name of capitals', anEnvironment({}, 'PR-1'), /An environment cannot be called "PR-1"/],
  ['a name to be made', { ...anEnvironment(), metadata: { generateName: 'pr-' } }, /metadata.name is missing/]
] as const) test(`${name} is refused`, refusesNew, object, wanted)

test('a namespace says how long one may live', async t => {
  const world = { annotations: { 'waylay.dev/max-environment-ttl': '2h' } }

  t.like(await create(anEnvironment({ expiresAt: at(2 * HOUR_MS + 30_000) }), world), { warnings: [] })
  const { refused } = await create(anEnvironment({ expiresAt: at(3 * HOUR_MS) }), world)
  t.regex(refused ?? '', /3h ahead, and an environment in shop lives 2h at most/)
})

test('what a namespace says and nobody can read is warned of, and the standard counts', async t => {
  const annotations = { 'waylay.dev/max-environment-ttl': 'soon', 'waylay.dev/max-environments': '-1' }

  const { warnings, refused } = await create(anEnvironment({ expiresAt: at(29 * DAY_MS) }), { annotations })

  t.is(refused, undefined)
  t.deepEqual(warnings, [
    'waylay: the namespace shop says waylay.dev/max-environments: -1, which cannot be read; 20 counts',
    'waylay: the namespace shop says waylay.dev/max-environment-ttl: soon, which cannot be read; 30d counts'
  ])
})

test('a namespace without intercepts has no environments', async t => {
  const { refused, status } = await create(anEnvironment(), { annotations: { 'waylay.dev/intercepts': 'none' } })

  t.regex(refused ?? '', /^WAYLAY_FORBIDDEN: .*waylay.dev\/intercepts: none/)
  t.is(status, 403)
})

const two = {
  annotations: { 'waylay.dev/max-environments': '2' },
  there: [madeBefore(HOUR_MS, 'pr-2', 'bob'), madeBefore(3 * DAY_MS, 'pr-1')]
}

test('one more than the namespace allows is refused with the oldest, whose they are and what to type', async t => {
  const { refused = '', status } = await create(anEnvironment(), two)

  t.log(refused)
  t.is(status, 403)
  t.regex(refused, /^WAYLAY_ENVIRONMENT_LIMIT: The namespace shop has 2 environments and may have 2; the oldest: pr-1 \(ci, 3d old\), pr-2 \(bob, 1h old\)\. End one: waylay env down pr-1 -n shop; .*waylay.dev\/max-environments=4 --overwrite$/)
})

test('a dry run is told the same', async t => {
  t.regex((await create(anEnvironment(), two, { dryRun: true })).refused ?? '', /^WAYLAY_ENVIRONMENT_LIMIT/)
})

test('those that are being deleted do not count', async t => {
  const going = madeBefore(HOUR_MS, 'pr-2', 'bob', { deletionTimestamp: at(0) })
  t.like(await create(anEnvironment(), { ...two, there: [going, madeBefore(HOUR_MS, 'pr-1')] }), { spec: { owner: 'ci' } })
})

test('whose name is there is let through: the API server says so itself', async t => {
  t.like(await create(anEnvironment({}, 'pr-1'), two), { spec: { owner: 'ci' } })
})

test('a namespace with room for none says so', async t => {
  const { refused = '' } = await create(anEnvironment(), { annotations: { 'waylay.dev/max-environments': '0' } })
  t.regex(refused, /^WAYLAY_ENVIRONMENT_LIMIT: The namespace shop says waylay.dev\/max-environments: 0/)
})

test('of many at the same moment one replica lets in as many as there is room for', async t => {
  const annotations = { 'waylay.dev/max-environments': '3' }
  const { ask, objects, pass } = startWebhook({ annotations, there: [madeBefore(HOUR_MS, 'pr-0')] })
  const tryOne = async (name: string, dryRun = false): Promise<boolean> =>
    (await ask({ object: anEnvironment({}, name), name, dryRun })).refused === undefined

  t.true(await tryOne('dry', true))
  const let1 = await Promise.all(Array.from({ length: 10 }, async (_, index) => await tryOne(`new-${index}`)))
  t.is(let1.filter(Boolean).length, 2)
  t.true(await tryOne('new-0'), 'the same name again is one')
  // One arrives, the other was refused by somebody else.
  objects.push(madeBefore(0, 'new-0'))
  t.false(await tryOne('late'))
  pass(5001)
  t.true(await tryOne('late'))
})

const stored = madeBefore(HOUR_MS, 'pr-123', 'ci')
const changed = (spec: object, metadata: object = {}) =>
  ({ ...stored, metadata: { ...stored.metadata, ...metadata }, spec: { ...stored.spec, ...spec } })

for (const field of ['header', 'value']) {
  test(`nobody changes its ${field}`, async t => {
    const { refused = '', status } = await update(stored, changed({ [field]: 'x-other-thing' }))
    t.regex(refused, new RegExp(`^WAYLAY_ENVIRONMENT_INVALID: spec.${field} of pr-123 cannot change`))
    t.notRegex(refused, /fk27d4ab|x-other-thing/)
    t.is(status, 422)
  })
}

test('its owner stays, also where somebody else extends it or leaves the field out', async t => {
  t.like(await update(stored, changed({ owner: 'bob', expiresAt: at(2 * HOUR_MS) }), 'bob'), { spec: { owner: 'ci' } })
  t.like(await update(stored, changed({ owner: undefined }), 'bob'), { spec: { owner: 'ci' } })
})

test('one that was made without the webhook gets an owner with its first change', async t => {
  t.like(await update(changed({ owner: undefined }), changed({ expiresAt: at(2 * HOUR_MS) }), 'bob'), { spec: { owner: 'bob' } })
})

test('it lives longer up to the namespace\'s limit, and may end at once', async t => {
  const world = { annotations: { 'waylay.dev/max-environment-ttl': '2h' } }

  t.regex((await update(stored, changed({ expiresAt: at(4 * HOUR_MS) }), 'ci', world)).refused ?? '', /4h ahead/)
  t.like(await update(stored, changed({ expiresAt: at(-1) }), 'ci', world), { spec: { owner: 'ci' } })
  const long = changed({ expiresAt: at(20 * HOUR_MS) })
  const workloads = [...stored.spec.workloads, { workload: 'deployment/cart', copy: 'cart-pr-123', ports: [], images: {} }]
  t.like(await update(long, { ...long, spec: { ...long.spec, workloads } }, 'ci', world), { spec: { owner: 'ci' } }, 'its end is as before')
})

test('labels, and the finalizers of those who remove it, are nobody\'s business', async t => {
  t.like(await update(stored, changed({}, { finalizers: [], labels: { a: 'b' } }), 'system:serviceaccount:kube-system:generic-garbage-collector'),
    { isPatched: false })
})

test('an update is checked like a creation, and a deletion not at all', async t => {
  t.regex((await update(stored, changed({ workloads: [] }))).refused ?? '', /spec.workloads/)
  t.like(await startWebhook().ask({ operation: 'DELETE', oldObject: stored }), { isPatched: false })
})
