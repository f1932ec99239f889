import { once } from 'node:events'
import { duplexPair } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { StreamWire } from '../../proxy/stream-wire.ts'
import { spliceWires } from '../../proxy/wire-splice.ts'

test('a side that ended, and was closed before it took everything, closes the other one', async t => {
  const [caller, callerEnd] = duplexPair()
  const [program, programEnd] = duplexPair()
  spliceWires(new StreamWire(caller), new StreamWire(program))
  callerEnd.resume()

  programEnd.end()
  await once(callerEnd, 'end')
  program.destroy()
  await once(program, 'close')
  await delay(10)

  t.true(caller.destroyed)
})
