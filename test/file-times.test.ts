import test from 'ava'
import { FileTimes } from './file-times.ts'

test('a file has taken what passed until each of its tests ended', t => {
  const times = new FileTimes(1000)
  times.ended('grpc › every kind of call › and more', 3000)
  times.ended('sleep › a laptop wakes', 63_000)
  times.ended('sleep › another one does not', 64_400)

  t.deepEqual(times.lines(), ['   61 s  sleep', '    2 s  grpc'])
})
