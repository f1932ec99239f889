import test from 'ava'
import type { Cluster } from '../../../webhook/cluster/client.ts'
import { environmentsOf, listAllEnvironments } from '../../../webhook/cluster/environments.ts'
import { anEnvironment } from '../admission/environment-cases.ts'
import { clusterOf } from './answering-cluster.ts'

async function namesOf (cluster: Cluster): Promise<readonly string[]> {
  const names: string[] = []
  for await (const page of listAllEnvironments(cluster)) names.push(...page.map(({ metadata }) => metadata.name))
  return names
}

test('a namespace has what all of its pages have', async t => {
  const { cluster } = clusterOf(
    { metadata: { continue: 'next' }, items: [anEnvironment({}, 'a')] }, { items: [anEnvironment({}, 'b')] })

  t.deepEqual((await environmentsOf(cluster, 'shop')).map(({ metadata }) => metadata.name), ['a', 'b'])
})

test('a cluster that does not know the kind has none, and one that refuses says so', async t => {
  t.deepEqual(await namesOf(clusterOf(404).cluster), [])
  await t.throwsAsync(namesOf(clusterOf(403).cluster))
  await t.throwsAsync(environmentsOf(clusterOf(404).cluster, 'shop'), undefined, 'an admission counts or fails')
})
