import test, { type ExecutionContext } from 'ava'

/** For what all tests of a file share and one `before` hook starts: it ends after the last of them. */
export function forTheFile (): Pick<ExecutionContext, 'teardown'> {
  const ends: (() => unknown)[] = []
  test.after.always(async () => {
    for (const end of ends.reverse()) await end()
  })
  return { teardown: end => { ends.push(end) } }
}
