import { ApiException, type V1Secret } from '@kubernetes/client-node'
import test from 'ava'
import type { Cluster } from '../../../webhook/cluster/client.ts'
import { readSuppliedEntries, secretStore } from '../../../webhook/cluster/secret.ts'

/** A cluster whose API server answers about a Secret with a status, or gives it. */
function clusterWith (answer: number | V1Secret, onReplace: (body: V1Secret) => number = () => 200): Cluster {
  const core = {
    readNamespacedSecret: async () => {
      if (typeof answer === 'number') throw new ApiException(answer, 'no', '', {})
      return answer
    },
    replaceNamespacedSecret: async ({ body }: { readonly body: V1Secret }) => {
      const status = onReplace(body)
      if (status !== 200) throw new ApiException(status, 'no', '', {})
    }
  }
  return { core } as unknown as Cluster
}

test('a supplied Secret that we may not read is told with its code and the right that is missing', async t => {
  const error = await t.throwsAsync(readSuppliedEntries(clusterWith(403), 'waylay-system', 'waylay-tls'),
    { code: 'WAYLAY_CERTIFICATE_SUPPLIED', message: 'The webhook may not read the Secret waylay-tls' })

  t.regex((error as { hint?: string }).hint ?? '', /rbac\.yaml/)
})

test('one that is not there is none, and any other failure is what it is', async t => {
  t.is(await readSuppliedEntries(clusterWith(404), 'waylay-system', 'waylay-tls'), undefined)
  await t.throwsAsync(readSuppliedEntries(clusterWith(500), 'waylay-system', 'waylay-tls'), { instanceOf: ApiException })
})

test('a write keeps what is not ours of the Secret and names the version that was read', async t => {
  const metadata = { name: 'waylay-webhook', resourceVersion: '7', labels: { team: 'platform' }, finalizers: ['theirs/here'] }
  let written: V1Secret | undefined
  const store = secretStore(clusterWith({ metadata, type: 'Opaque', data: { 'ca.crt': 'b2xk' } }, body => {
    written = body
    return 200
  }), 'waylay-system', 'waylay-webhook')

  const found = await store.read()
  t.deepEqual(found?.entries, { 'ca.crt': 'old' })
  t.true(await found?.replace({ 'ca.crt': 'new' }, { note: 'x' }))
  t.deepEqual(written, { metadata: { ...metadata, annotations: { note: 'x' } }, type: 'Opaque', data: { 'ca.crt': 'bmV3' } })
})

for (const [status, what] of [[409, 'changed'], [404, 'deleted']] as const) {
  test(`a Secret that was ${what} meanwhile is not overwritten`, async t => {
    const store = secretStore(clusterWith({ metadata: {}, data: {} }, () => status), 'waylay-system', 'waylay-webhook')

    t.false(await (await store.read())?.replace({}, {}))
  })
}
