import test from 'ava'
import {
  APPEARS_WITHIN_MS, createAppearances, type AppearanceDeps, type Expected
} from '../../../webhook/bypass/appearances.ts'
import { subjectOf } from '../../../webhook/subject.ts'
import { quietLog } from '../quiet-log.ts'

function aWorld (parts: Partial<AppearanceDeps> = {}) {
  const { log } = quietLog()
  const refused: string[] = []
  const late: string[] = []
  const asked: string[] = []
  const world = { nowMs: 0, refused, late, asked }
  const appearances = createAppearances({
    listIds: async (namespace, ids) => {
      asked.push(`${namespace} ${ids.length}`)
      return []
    },
    hasPod: async () => false,
    takesPods: async () => true,
    onRefused: ({ id }) => { refused.push(id) },
    onLate: ({ id }) => { late.push(id) },
    monotonicMs: () => world.nowMs,
    pause: async () => {},
    log,
    ...parts
  })
  appearances.setCurrent(true)
  return { ...world, ...appearances, pass: (ms: number) => { world.nowMs += ms } }
}

function expected (id: string, name?: string): Expected {
  return { id, subject: subjectOf({ name: name ?? 'x' }, 'shop'), ...(name !== undefined && { name }) }
}

test('a pod that is not there after a second was refused', async t => {
  const { expect, look, pass, refused } = aWorld()
  expect(expected('a'))
  pass(APPEARS_WITHIN_MS - 1)
  await look()
  t.deepEqual(refused, [])
  pass(1)
  await look()
  await look()

  t.deepEqual(refused, ['a'])
})

test('a pod that the watch or the API server shows was not refused', async t => {
  const { expect, look, pass, refused, seen, asked } = aWorld({ listIds: async () => ['listed'] })
  expect(expected('watched'))
  expect(expected('listed'))
  seen('watched')
  pass(APPEARS_WITHIN_MS)
  await look()
  await look()

  t.deepEqual(refused, [])
  t.deepEqual(asked, [])
})

test('a pod that is there when asked again was not refused', async t => {
  let times = 0
  const { expect, look, pass, refused } = aWorld({ listIds: async () => times++ === 0 ? [] : ['slow'] })
  expect(expected('slow'))
  pass(APPEARS_WITHIN_MS)
  await look()

  t.is(times, 2)
  t.deepEqual(refused, [])
})

test('a namespace whose answer does not come delays no other', async t => {
  let answer = (): void => {}
  const { expect, look, pass, refused } = aWorld({
    listIds: async namespace => {
      if (namespace === 'slow') await new Promise<void>(resolve => { answer = resolve })
      return []
    },
    takesPods: async namespace => namespace !== 'slow'
  })
  expect({ ...expected('a'), subject: subjectOf({ name: 'x' }, 'slow') })
  pass(APPEARS_WITHIN_MS)
  const slow = look()
  expect(expected('b'))
  expect({ ...expected('c'), subject: subjectOf({ name: 'x' }, 'slow') })
  pass(APPEARS_WITHIN_MS)
  await look()
  t.deepEqual(refused, ['b'])

  for (let answers = 0; answers < 2; answers++) {
    answer()
    await new Promise(resolve => setImmediate(resolve))
  }
  await slow
  t.deepEqual(refused, ['b'])
})

test('a name that was there already is no refusal', async t => {
  const { expect, look, pass, refused } = aWorld({ hasPod: async (_namespace, name) => name === 'taken' })
  expect(expected('a', 'taken'))
  expect(expected('b', 'free'))
  pass(APPEARS_WITHIN_MS)
  await look()

  t.deepEqual(refused, ['b'])
})

const unknown: Record<string, Partial<AppearanceDeps>> = {
  'an API server that does not answer': { listIds: async () => { throw new Error('away') } },
  'a namespace that is being deleted': { takesPods: async () => false },
  'a name that cannot be asked for': { hasPod: async () => { throw new Error('away') } }
}
for (const [name, parts] of Object.entries(unknown)) {
  test(`${name} lets nothing be concluded`, async t => {
    const { expect, look, pass, refused } = aWorld(parts)
    expect(expected('a', 'a'))
    pass(APPEARS_WITHIN_MS)
    await look()
    await look()

    t.deepEqual(refused, [])
  })
}

test('a watch that begins anew makes nobody guess', async t => {
  const { expect, look, pass, refused, setCurrent, restart } = aWorld()
  expect(expected('before'))
  setCurrent(false)
  expect(expected('meanwhile'))
  pass(APPEARS_WITHIN_MS)
  await look()
  restart()
  setCurrent(true)
  expect(expected('after'))
  pass(APPEARS_WITHIN_MS)
  await look()

  t.deepEqual(refused, ['after'])
})

test('a watch that ends and goes on where it was forgets nobody', async t => {
  const { expect, look, pass, refused, setCurrent } = aWorld()
  expect(expected('before'))
  setCurrent(false)
  pass(APPEARS_WITHIN_MS)
  await look()
  t.deepEqual(refused, [])
  setCurrent(true)
  await look()

  t.deepEqual(refused, ['before'])
})

test('a watch that breaks while the API server is asked makes nobody guess', async t => {
  const world = aWorld({
    listIds: async () => {
      world.setCurrent(false)
      return []
    }
  })
  world.expect(expected('a'))
  world.pass(APPEARS_WITHIN_MS)
  await world.look()
  t.deepEqual(world.refused, [])
  world.restart()
  world.setCurrent(true)
  await world.look()

  t.deepEqual(world.refused, [])
})

test('a pod that comes after all is told as late, once', async t => {
  const { expect, look, pass, refused, late, seen } = aWorld()
  expect(expected('a'))
  pass(APPEARS_WITHIN_MS)
  await look()
  t.deepEqual(refused, ['a'])
  seen('a')
  seen('a')

  t.deepEqual(late, ['a'])
})

test('many at once are asked for in pages of fifty', async t => {
  const { expect, look, pass, refused, asked } = aWorld()
  for (let index = 0; index < 120; index++) expect(expected(`p${index}`))
  pass(APPEARS_WITHIN_MS)
  for (let looks = 0; looks < 4; looks++) await look()

  t.is(refused.length, 120)
  t.deepEqual(asked, ['shop 50', 'shop 50', 'shop 50', 'shop 50', 'shop 20', 'shop 20'])
})
