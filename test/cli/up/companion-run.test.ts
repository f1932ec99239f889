import test from 'ava'
import { WaylayError } from '../../../common/errors.ts'
import type { WaylayCode } from '../../../common/failures.ts'
import { CompanionRun, type Kept } from '../../../cli/up/companion-run.ts'
import type { FileIntercept } from '../../../cli/project-file/project-file.ts'
import { ManualClock } from '../helpers/manual-clock.ts'

/** Runs one intercept whose standing fails with each of these in turn, and then stands until it is lost. */
async function run (...failures: readonly WaylayCode[]) {
  const clock = new ManualClock()
  const asked: unknown[] = []
  const left = [...failures]
  const held = async () => await Promise.resolve({ spec: {} })
  const standing = { error: undefined, held, stop: async () => {} } as unknown as Kept
  const companion: CompanionRun<Kept> = new CompanionRun<Kept>({
    find: async (_file, takeOver) => {
      asked.push(takeOver)
      return await Promise.resolve([])
    },
    stand: async () => {
      const failure = left.shift()
      if (failure !== undefined) throw new WaylayError(failure, 'not now')
      return await Promise.resolve([standing])
    },
    read: async () => await Promise.resolve(undefined),
    serverNowMs: () => 0,
    note: () => {},
    clock
  })
  const ended = companion.keep([{ name: 'payments' } as unknown as FileIntercept])
  await clock.pass(120_000)
  return {
    asked,
    isReady: companion.isReady,
    lose: async () => {
      companion.lost(standing)
      await clock.pass(10_000)
    },
    stop: async () => {
      companion.stop()
      await ended
    }
  }
}

test('a companion takes over from its predecessor also after a first failure', async t => {
  const { asked, isReady, lose, stop } = await run('WAYLAY_NO_CLUSTER', 'WAYLAY_NO_PODS')
  t.deepEqual(asked, ['own', 'own', 'own'])
  t.true(isReady)

  await lose()

  t.deepEqual(asked.slice(3), [false], 'what it lost is its successor\'s')
  await stop()
})

test('what a companion cannot hold it leaves to its predecessor at last', async t => {
  const { asked, stop } = await run(...Array.from({ length: 7 }, (): WaylayCode => 'WAYLAY_NO_PODS'))

  t.deepEqual(asked, ['own', 'own', 'own', 'own', 'own', false, false, false])
  await stop()
})

test('a predecessor that nothing was taken from does not count', async t => {
  const { asked, stop } = await run(...Array.from({ length: 7 }, (): WaylayCode => 'WAYLAY_CONFLICT'))

  t.deepEqual(new Set(asked), new Set(['own']))
  await stop()
})
