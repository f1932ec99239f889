import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import test from 'ava'
import { createBeat, createLoopbackSender } from '../../proxy/beat.ts'

const PORTS = [{ port: 8080, listener: 15100 }, { port: 9000, listener: 15101 }]

/** A beat whose timer is a function and whose datagrams are a list. */
function makeBeat (families: readonly (4 | 6)[] = [4, 6]) {
  const sent: string[] = []
  let pulse = (): void => {}
  const beat = createBeat({
    ports: PORTS,
    families,
    send: (to, family) => sent.push(`${to}/${family}`),
    every: action => {
      pulse = action
      return () => { pulse = () => {} }
    }
  })
  const take = (): string[] => sent.splice(0)
  return { beat, take, pulse: () => pulse() }
}

test('arming beats at once and with every pulse', t => {
  const { beat, take, pulse } = makeBeat()

  pulse()
  t.deepEqual(take(), [])
  beat.arm(8080, 6)
  t.deepEqual(take(), ['15100/6'])
  pulse()
  pulse()
  t.deepEqual(take(), ['15100/6', '15100/6'])
})

test('disarming sends to the disarm port and ends the beat', t => {
  const { beat, take, pulse } = makeBeat()
  beat.arm(8080, 4)
  beat.arm(9000, 4)
  take()

  beat.disarm(8080, 4)
  t.deepEqual(take(), ['15300/4', '15300/4', '15300/4'])
  pulse()
  t.deepEqual(take(), ['15101/4'])
})

test('stopping disarms every port and nothing arms again', t => {
  const { beat, take, pulse } = makeBeat()
  beat.arm(8080, 4)
  take()

  beat.stop()
  t.deepEqual([...new Set(take())], ['15300/4', '15300/6', '15301/4', '15301/6'])
  beat.arm(8080, 4)
  pulse()
  t.deepEqual(take(), [])
})

test('a port that the pod does not have is an error', t => {
  t.throws(() => makeBeat().beat.arm(1, 4), { message: /Port 1 / })
})

test('a datagram has left when send returns', async t => {
  const receiver = createSocket('udp4').bind(0, '127.0.0.1')
  await once(receiver, 'listening')
  const { send, close } = createLoopbackSender()

  send(receiver.address().port, 4)
  close() // A crash would do the same; a queued datagram would be lost.

  const [message] = await once(receiver, 'message') as [Buffer]
  t.is(message.toString(), 'beat')
  receiver.close()
})
