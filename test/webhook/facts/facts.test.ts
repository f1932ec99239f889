import test from 'ava'
import { createFacts, type Facts } from '../../../webhook/facts/facts.ts'
import { readLimitRange, readQuota } from '../../../webhook/facts/limits.ts'
import { readService, type ServiceObject } from '../../../webhook/facts/services.ts'
import { readNode, readVersion } from '../../../webhook/facts/versions.ts'

type Port = NonNullable<NonNullable<ServiceObject['spec']>['ports']>[number]

function putService (facts: Facts, name: string, selector: Record<string, string>, ports: readonly Port[], namespace = 'shop'): void {
  facts.stores.services.put({ namespace, name, value: readService({ spec: { selector, ports } }) })
}

test('numeric targets of Services that select the pod are its ports', t => {
  const facts = createFacts()
  putService(facts, 'one', { app: 'pay' }, [{ port: 80, targetPort: 9090 }, { port: 81, targetPort: 'http' }])
  putService(facts, 'two', { app: 'pay', tier: 'web' }, [{ port: 82, targetPort: 9090 }, { port: 7000 }])
  putService(facts, 'udp', { app: 'pay' }, [{ port: 53, targetPort: 5353, protocol: 'UDP' }])
  putService(facts, 'other', { app: 'else' }, [{ port: 80, targetPort: 1 }])
  putService(facts, 'elsewhere', { app: 'pay' }, [{ port: 80, targetPort: 2 }], 'else')

  t.deepEqual(facts.contextOf('shop', { app: 'pay', tier: 'web' }).servicePorts, [7000, 9090])
  t.deepEqual(facts.contextOf('shop', { app: 'pay' }).servicePorts, [9090])
  t.deepEqual(facts.contextOf('shop', {}).servicePorts, [])
})

test('what a Service says of its target is known by number and by name', t => {
  const facts = createFacts()
  putService(facts, 'one', { app: 'pay' }, [
    { port: 80, targetPort: 9090, name: 'db', appProtocol: 'postgres' }, { port: 81, targetPort: 'admin', name: 'tcp-admin' },
    { port: 82 }, { port: 83, targetPort: 'silent' }
  ])

  t.deepEqual(facts.contextOf('shop', { app: 'pay' }).serviceProtocols, { 9090: 'postgres', admin: 'tcp-admin' })
})

test('a Service that selects nothing or everything by name is not kept', t => {
  t.is(readService({ spec: { ports: [{ port: 80, targetPort: 8080 }] } }), undefined)
  t.is(readService({ spec: { selector: { app: 'pay' }, ports: [{ port: 80, targetPort: 'http' }] } }), undefined)
  t.is(readService({ spec: { selector: { app: 'pay' }, ports: [{ port: 80 }], type: 'ExternalName' } }), undefined)
})

test('a Service that is gone or points elsewhere counts no more', t => {
  const facts = createFacts()
  putService(facts, 'one', { app: 'pay' }, [{ port: 80, targetPort: 9090 }])
  putService(facts, 'two', { app: 'pay' }, [{ port: 80, targetPort: 9091 }])

  facts.stores.services.remove({ namespace: 'shop', name: 'one', value: undefined })
  putService(facts, 'two', { app: 'pay' }, [{ port: 80, targetPort: 'http' }])

  t.deepEqual(facts.contextOf('shop', { app: 'pay' }).servicePorts, [])
})

const versions: Record<string, { major: number, minor: number } | undefined> = {
  'v1.34.4': { major: 1, minor: 34 },
  'v1.28.15-eks-94953ac': { major: 1, minor: 28 },
  'v1.29+': { major: 1, minor: 29 },
  '': undefined,
  unknown: undefined
}
for (const [text, version] of Object.entries(versions)) {
  test(`the version "${text}" reads as ${version === undefined ? 'none' : `${version.major}.${version.minor}`}`, t => {
    t.deepEqual(readVersion(text), version)
  })
}

test('the oldest kubelet of a Linux node is known and follows the nodes', t => {
  const facts = createFacts()
  const put = (name: string, kubeletVersion: string, operatingSystem = 'linux'): void => {
    facts.stores.nodes.put({ namespace: '', name, value: readNode({ status: { nodeInfo: { kubeletVersion, operatingSystem } } }) })
  }
  t.is(facts.contextOf('shop', {}).cluster.oldestNode, undefined)
  put('new', 'v1.34.0')
  put('b', 'v1.9.3')
  put('a', 'v1.9.0')
  put('windows', 'v1.2.0', 'windows')
  put('joining', '')

  t.deepEqual(facts.contextOf('shop', {}).cluster.oldestNode, { name: 'a', major: 1, minor: 9 })
  for (const name of ['a', 'b']) facts.stores.nodes.remove({ namespace: '', name, value: undefined })
  t.deepEqual(facts.contextOf('shop', {}).cluster.oldestNode, { name: 'new', major: 1, minor: 34 })
})

test('limits and quotas are those of the namespace, in the API server\'s own words', t => {
  const facts = createFacts()
  const limits = [{ type: 'Container', max: { cpu: '1' }, default: { memory: '64Mi' } }]
  facts.stores.limitRanges.put({ namespace: 'shop', name: 'l', value: readLimitRange({ metadata: { name: 'l' }, spec: { limits } }) })
  facts.stores.quotas.put({
    namespace: 'shop',
    name: 'q',
    value: readQuota({ metadata: { name: 'q' }, spec: { scopes: ['NotBestEffort'] }, status: { hard: { pods: '4' }, used: { pods: '1' } } })
  })

  t.deepEqual(facts.contextOf('shop', {}).limitRanges, [{ name: 'l', limits }])
  t.deepEqual(facts.contextOf('shop', {}).quotas,
    [{ name: 'q', scopes: ['NotBestEffort'], hasScopeSelector: false, hard: { pods: '4' }, used: { pods: '1' } }])
  t.deepEqual(facts.contextOf('else', {}).quotas, [])
})

test('a namespace is answered from memory only while changes arrive', t => {
  const facts = createFacts()
  const value = { labels: { a: 'b' }, annotations: {}, isTerminating: false }
  facts.stores.namespaces.reset([{ namespace: '', name: 'shop', value }])
  t.is(facts.namespace('shop'), undefined)

  facts.stores.namespaces.setCurrent?.(true)
  t.deepEqual(facts.namespace('shop'), value)
  t.is(facts.namespace('new'), undefined)

  facts.stores.namespaces.setCurrent?.(false)
  t.is(facts.namespace('shop'), undefined)
})
