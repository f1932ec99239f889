import test from 'ava'
import { listOwn, removeOwn } from '../../../webhook/cluster/own-objects.ts'
import { clusterOf } from './answering-cluster.ts'

async function all (pages: AsyncIterable<readonly unknown[]>): Promise<readonly unknown[]> {
  const items: unknown[] = []
  for await (const page of pages) items.push(...page)
  return items
}

test('the list goes on where a page ends, and no page has room for many of the biggest objects', async t => {
  const { cluster, asked } = clusterOf({ metadata: { continue: 'next' }, items: ['a'] }, { metadata: { continue: '' }, items: ['b'] })

  t.deepEqual(await all(listOwn(cluster, 'intercepts')), ['a', 'b'])
  t.deepEqual(asked, [undefined, 'next'].map(next => ({ path: '/apis/waylay.dev/v1alpha1/intercepts', limit: 10, continue: next })))
})

test('the list of a namespace is asked for in its place', async t => {
  const { cluster, asked } = clusterOf({ items: ['a'] })

  t.deepEqual(await all(listOwn(cluster, 'environments', 'shop')), ['a'])
  t.like(asked[0], { path: '/apis/waylay.dev/v1alpha1/namespaces/shop/environments' })
})

test('a list that fails halfway says so', async t => {
  const { cluster } = clusterOf({ metadata: { continue: 'next' }, items: ['a'] }, 410)

  await t.throwsAsync(all(listOwn(cluster, 'intercepts')))
})

test('the object alone is deleted, as the version that was seen', async t => {
  const seen = { namespace: 'shop', name: 'pr-1', uid: 'u', resourceVersion: '7' }
  const { cluster, asked } = clusterOf({})

  t.true(await removeOwn(cluster, 'environments', seen))
  t.like(asked[0], {
    plural: 'environments',
    namespace: 'shop',
    name: 'pr-1',
    body: { propagationPolicy: 'Background', preconditions: { uid: 'u', resourceVersion: '7' } }
  })
  for (const status of [404, 409]) t.false(await removeOwn(clusterOf(status).cluster, 'environments', seen))
  await t.throwsAsync(removeOwn(clusterOf(500).cluster, 'environments', seen))
})
