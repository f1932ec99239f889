import test from 'ava'
import { holdIntercept, type HoldDeps } from '../../../../cli/intercept/object/hold.ts'
import { newIntercept, type Intercept } from '../../../../intercepts/object.ts'
import { FakeIntercepts } from '../../helpers/fake-intercepts.ts'

const WANTED: Intercept = newIntercept('shop', 'abc', {
  workload: 'deployment/payments',
  port: 8080,
  match: { headers: [{ type: 'Exact', name: 'x-waylay-id', value: 'maria-3fk27d4a' }] },
  global: false,
  sessionKey: 'ours',
  host: 'marias-laptop'
})

/** A store that keeps the rules of the API server and the webhook, and the calls to it. */
function startStore () {
  const nowMs = 1_700_000_000_000
  const store = new FakeIntercepts(() => {}, () => nowMs)
  const deps: HoldDeps = {
    create: async object => {
      const { status, body } = store.create(object, false)
      return status === 409 ? undefined : body as Intercept
    },
    read: async () => store.objects.get('abc'),
    update: async object => {
      const { status, body } = store.answer('PUT', 'abc', false, object)
      return status === 404 ? 'gone' : status === 409 ? 'changed' : body as Intercept
    },
    remove: async () => { store.remove('abc') },
    whoAmI: async () => 'maria',
    serverNowMs: () => nowMs
  }
  const makeHeld = (owner: string, ageMs: number): void => {
    store.user = owner
    store.create({ ...WANTED, spec: { ...WANTED.spec, sessionKey: 'theirs', host: 'jons-laptop' } }, false)
    store.user = 'maria'
    store.age('abc', ageMs)
  }
  return { store, deps, makeHeld }
}

test('a match that nobody holds is ours', async t => {
  const { deps } = startStore()

  const held = await holdIntercept(WANTED, deps)

  t.is(held.spec.owner, 'maria')
  t.truthy(held.spec.ticket)
})

test('a live one is refused with owner, time, machine and the way out', async t => {
  const { deps, makeHeld } = startStore()
  makeHeld('jon', 5000)

  const error = await t.throwsAsync(holdIntercept(WANTED, deps), { code: 'WAYLAY_CONFLICT' })

  t.regex(error.message, /is held by jon since 2023-11-14T22:13:15\.000Z \(5s\), on jons-laptop$/)
  t.regex((error as Error & { hint: string }).hint, /ask jon to leave, or add --take-over \(it needs the verb "takeover"/)
})

test('one that nobody renewed for 15 seconds is taken over by itself', async t => {
  const { deps, store, makeHeld } = startStore()
  makeHeld('jon', 16_000)

  const held = await holdIntercept(WANTED, deps)

  t.is(held.spec.owner, 'maria')
  t.is(store.objects.get('abc')?.spec.sessionKey, 'ours')
})

test('one that expired while its own laptop slept keeps the links that were shared', async t => {
  const { deps, store, makeHeld } = startStore()
  makeHeld('maria', 16_000)
  const before = store.objects.get('abc')!
  const previews = [{ name: 'p-1', tokenDigest: 'aa', service: 'storefront', port: 80, expiresAt: '2023-11-15T00:00:00Z' }]
  store.objects.set('abc', { ...before, spec: { ...before.spec, previews } })

  const held = await holdIntercept(WANTED, deps)

  t.is(held.spec.sessionKey, 'ours')
  t.deepEqual(held.spec.previews, previews)
})

test('a live one is taken over only when asked, after its turn', async t => {
  const { deps, makeHeld } = startStore()
  makeHeld('jon', 1000)
  const turns: (string | undefined)[] = []

  const held = await holdIntercept(WANTED, deps, async holder => {
    turns.push(holder.spec.owner)
    return true
  })

  t.deepEqual(turns, ['jon'])
  t.is(held.spec.owner, 'maria')
})

test('one of an environment that a developer takes over is nobody else\'s any more', async t => {
  const { deps, store, makeHeld } = startStore()
  makeHeld('jon', 16_000)
  const before = store.objects.get('abc') ?? WANTED
  const labels = { 'waylay.dev/environment': 'pr-1' }
  const ownerReferences = [{ apiVersion: 'waylay.dev/v1alpha1', kind: 'Environment', name: 'pr-1', uid: 'u-1' }]
  store.objects.set('abc', { ...before, metadata: { ...before.metadata, labels, ownerReferences } })

  const developers = await holdIntercept(WANTED, deps)
  t.is(developers.metadata.ownerReferences, undefined)
  t.is(developers.metadata.labels, undefined)

  const wanted = { ...WANTED, metadata: { ...WANTED.metadata, labels, ownerReferences }, spec: { ...WANTED.spec, sessionKey: 'env' } }
  const environments = await holdIntercept(wanted, deps, async () => true)
  t.deepEqual(environments.metadata.ownerReferences, ownerReferences)
  t.deepEqual(environments.metadata.labels, labels)
})

test('from a holder whom the command does not take from it is not taken', async t => {
  const { deps, makeHeld } = startStore()
  makeHeld('jon', 1000)

  await t.throwsAsync(holdIntercept(WANTED, deps, async () => false), { code: 'WAYLAY_CONFLICT' })
})

test('an expired one that its holder renews at that moment stays theirs', async t => {
  const { deps, store, makeHeld } = startStore()
  makeHeld('jon', 16_000)
  let isFirst = true

  const held = holdIntercept(WANTED, {
    ...deps,
    update: async object => {
      if (isFirst) {
        isFirst = false
        const { metadata: { uid }, spec: { fence } } = object.metadata.uid === undefined ? WANTED : store.objects.get('abc') ?? WANTED
        const renewTime = new Date(1_700_000_000_000).toISOString()
        store.answer('PATCH', 'abc', true, [
          { op: 'test', path: '/metadata/uid', value: uid },
          { op: 'test', path: '/spec/fence', value: fence },
          { op: 'add', path: '/status', value: { renewTime, fence } }
        ])
      }
      return await deps.update(object)
    }
  })

  await t.throwsAsync(held, { code: 'WAYLAY_CONFLICT' })
  t.is(store.objects.get('abc')?.spec.sessionKey, 'theirs')
})

test('one that is given up between two looks is created', async t => {
  const { deps, store, makeHeld } = startStore()
  makeHeld('jon', 1000)

  const held = await holdIntercept(WANTED, {
    ...deps,
    read: async () => {
      store.remove('abc')
      return undefined
    }
  })

  t.is(held.spec.owner, 'maria')
})

test('a creation whose answer was lost is found to be ours', async t => {
  const { deps, store } = startStore()
  store.create(WANTED, false)

  t.is((await holdIntercept(WANTED, deps)).spec.sessionKey, 'ours')
})

test('one\'s own from another command is refused with both ways out', async t => {
  const { deps, makeHeld } = startStore()
  makeHeld('maria', 1000)

  const error = await t.throwsAsync(holdIntercept(WANTED, deps), { code: 'WAYLAY_CONFLICT' })

  t.regex(error.message, /is held by yourself/)
  t.regex((error as Error & { hint: string }).hint, /Add --take-over .*waylay leave abc -n shop/)
})

test('an object that no webhook signed is removed again', async t => {
  const { deps } = startStore()
  const removed: string[] = []

  await t.throwsAsync(holdIntercept(WANTED, {
    ...deps,
    create: async object => object,
    remove: async ({ metadata }) => { removed.push(metadata.name) }
  }), { code: 'WAYLAY_NOT_INSTALLED' })

  t.deepEqual(removed, ['abc'])
})
