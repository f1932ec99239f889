import test from 'ava'
import { ApiException } from '@kubernetes/client-node'
import type { Cluster } from '../../../webhook/cluster/client.ts'
import type { Query } from '../../../webhook/cluster/raw.ts'
import { sourceOf } from '../../../webhook/cluster/source.ts'

type Raw = Cluster['raw']

function aSource (raw: Partial<Raw>) {
  return sourceOf({ raw } as unknown as Cluster, {
    path: '/api/v1/pods', query: { labelSelector: 'x' }, read: ({ metadata: { name } }) => name
  })
}

async function watch (pieces: readonly (string | Error)[]): Promise<{ seen: string[], version: string | undefined }> {
  const seen: string[] = []
  const source = aSource({
    stream: async (_path, query) => {
      seen.push(`from ${String(query['resourceVersion'])}`)
      return (async function * () {
        for (const piece of pieces) {
          if (typeof piece !== 'string') throw piece
          yield Buffer.from(piece, 'latin1')
        }
      })()
    }
  })
  const on = {
    onOpen: () => { seen.push('open') },
    onPut: (name: string) => { seen.push(`put ${name}`) },
    onRemove: (name: string) => { seen.push(`remove ${name}`) }
  }
  return { seen, version: await source.watch('1', on, new AbortController().signal) }
}

const event = (type: string, name: string, resourceVersion: string): string =>
  JSON.stringify({ type, object: { metadata: { name, resourceVersion } } }) + '\n'

test('events are read however the stream cuts them, and bookmarks move the version on', async t => {
  const text = Buffer.from(event('ADDED', 'ä', '2') + event('DELETED', 'b', '3') + event('BOOKMARK', '', '9')).toString('latin1')

  for (const size of [1, 7, text.length]) {
    const starts = Array.from({ length: Math.ceil(text.length / size) }, (_, index) => index * size)
    const pieces = starts.map(start => text.slice(start, start + size))
    t.deepEqual(await watch(pieces), { seen: ['from 1', 'open', 'put ä', 'remove b'], version: '9' })
  }
})

test('a version that the API server no longer knows is answered by none', async t => {
  const gone = JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, metadata: {} } }) + '\n'
  t.is((await watch([event('ADDED', 'a', '2'), gone])).version, undefined)

  const source = aSource({ stream: async () => { throw new ApiException(410, 'Gone', '', {}) } })
  const on = { onOpen: () => {}, onPut: () => {}, onRemove: () => {} }
  t.is(await source.watch('1', on, new AbortController().signal), undefined)
})

test('a stream that breaks or says an error is a failure', async t => {
  await t.throwsAsync(watch([event('ADDED', 'a', '2'), new Error('reset')]), { message: 'reset' })
  const error = JSON.stringify({ type: 'ERROR', object: { code: 500, message: 'etcd', metadata: {} } }) + '\n'
  await t.throwsAsync(watch([error]), { message: /etcd/ })
})

test('a list is read page by page', async t => {
  const asked: Query[] = []
  const source = aSource({
    get: async (_path, query = {}) => {
      asked.push(query)
      const isFirst = query['continue'] === undefined
      return {
        metadata: { resourceVersion: '7', ...(isFirst && { continue: 'next' }) },
        items: [{ metadata: { name: isFirst ? 'a' : 'b' } }]
      }
    }
  })

  t.deepEqual(await source.list(new AbortController().signal), { items: ['a', 'b'], version: '7' })
  t.deepEqual(asked.map(query => query['continue']), [undefined, 'next'])
  t.true(asked.every(query => query['labelSelector'] === 'x'))
})

test('a watch that says nothing is given up, and one that speaks is not', async t => {
  const stream: Raw['stream'] = async (_path, _query, signal) => (async function * () {
    for (let pieces = 0; pieces < 6; pieces++) {
      await new Promise(resolve => setTimeout(resolve, 40))
      if (signal.aborted) throw signal.reason
      yield Buffer.from(event('BOOKMARK', '', String(pieces)))
    }
    await new Promise((_resolve, reject) => { signal.addEventListener('abort', () => reject(signal.reason as Error)) })
  })()
  const keepAlive = setInterval(() => {}, 1000)
  const source = sourceOf({ raw: { stream } } as unknown as Cluster, { path: '/x', read: () => '' }, 150)
  const seen: string[] = []
  const on = { onOpen: () => { seen.push('open') }, onPut: () => {}, onRemove: () => {} }

  await t.throwsAsync(source.watch('1', on, new AbortController().signal), { message: /silent for 150 ms/ })
  t.deepEqual(seen, ['open'])
  clearInterval(keepAlive)
})
