import test from 'ava'
import { withLock } from './lock.ts'

// The lock is Linux's; elsewhere only kind runs, which locks by itself.
const onLinux = process.platform === 'linux' ? test : test.skip

onLinux('two who want the same lock work one after the other, and the second is told that it waits', async t => {
  const steps: string[] = []
  const name = `test-${process.pid}`
  const gate = Promise.withResolvers<undefined>()
  const first = withLock(name, { onWait: () => t.fail() }, async () => {
    steps.push('first begins')
    await gate.promise
    steps.push('first ends')
  })
  const second = withLock(name, { onWait: () => gate.resolve(undefined) }, async () => steps.push('second'))
  await Promise.all([first, second])
  t.deepEqual(steps, ['first begins', 'first ends', 'second'])
})

onLinux('a lock is free again after a failure', async t => {
  const name = `test-failure-${process.pid}`
  await t.throwsAsync(withLock(name, { onWait: () => {} }, async () => { throw new Error('no') }), { message: 'no' })
  t.is(await withLock(name, { onWait: () => t.fail() }, async () => 1), 1)
})
