import { ApiException } from '@kubernetes/client-node'
import test from 'ava'
import type { Cluster } from '../../../webhook/cluster/client.ts'
import { environmentsOf, listAllEnvironments, removeEnvironment } from '../../../webhook/cluster/environments.ts'
import { anEnvironment } from '../admission/environment-cases.ts'

/** A cluster whose answers are these, in this order: a status that is no 200 is thrown. */
function clusterOf (...answers: readonly (object | number)[]) {
  const asked: object[] = []
  const answer = async (request: object): Promise<object> => {
    const next = answers[asked.length] ?? 500
    asked.push(request)
    if (typeof next === 'number') throw new ApiException(next, 'no', '', {})
    return next
  }
  const raw = { get: async (path: string, query: object) => await answer({ path, ...query }) }
  return { cluster: { raw, objects: { deleteNamespacedCustomObject: answer } } as unknown as Cluster, asked }
}

async function namesOf (cluster: Cluster): Promise<readonly string[]> {
  const names: string[] = []
  for await (const page of listAllEnvironments(cluster)) names.push(...page.map(({ metadata }) => metadata.name))
  return names
}

test('the list goes on where a page ends', async t => {
  const { cluster, asked } = clusterOf(
    { metadata: { continue: 'next' }, items: [anEnvironment({}, 'a')] }, { metadata: { continue: '' }, items: [anEnvironment({}, 'b')] })

  t.deepEqual(await namesOf(cluster), ['a', 'b'])
  t.deepEqual(asked, [undefined, 'next'].map(next => ({ path: '/apis/waylay.dev/v1alpha1/environments', limit: 10, continue: next })))
})

test('the list of a namespace is asked for in its place', async t => {
  const { cluster, asked } = clusterOf({ items: [anEnvironment({}, 'a')] })

  t.deepEqual((await environmentsOf(cluster, 'shop')).map(({ metadata }) => metadata.name), ['a'])
  t.like(asked[0], { path: '/apis/waylay.dev/v1alpha1/namespaces/shop/environments' })
})

test('a cluster that does not know the kind has none, and one that refuses says so', async t => {
  t.deepEqual(await namesOf(clusterOf(404).cluster), [])
  await t.throwsAsync(namesOf(clusterOf(403).cluster))
  await t.throwsAsync(environmentsOf(clusterOf(404).cluster, 'shop'), undefined, 'an admission counts or fails')
})

test('the root alone is deleted, as the version that was seen', async t => {
  const environment = { ...anEnvironment(), metadata: { name: 'pr-1', namespace: 'shop', uid: 'u', resourceVersion: '7' } }
  const { cluster, asked } = clusterOf({})

  t.true(await removeEnvironment(cluster, environment))
  t.like(asked[0], {
    namespace: 'shop', name: 'pr-1', body: { propagationPolicy: 'Background', preconditions: { uid: 'u', resourceVersion: '7' } }
  })
  for (const status of [404, 409]) t.false(await removeEnvironment(clusterOf(status).cluster, environment))
  await t.throwsAsync(removeEnvironment(clusterOf(500).cluster, environment))
})
