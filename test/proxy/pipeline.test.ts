import { once } from 'node:events'
import type { Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { request, respond } from '../helpers/raw-server.ts'

test('of a caller that pipelines without end, some wait until the app answers', async t => {
  const total = 2500
  const one = request('/')
  let got = 0
  let answered = 0
  let app: Socket | undefined
  let answers = false
  const answer = (): void => {
    if (!answers) return
    for (; answered < Math.floor(got / one.length); answered++) app?.write(respond('ok'))
  }
  const pod = await proxyPort(t, await listen(t, socket => {
    app = socket
    socket.on('data', bytes => {
      got += bytes.length
      answer()
    })
  }))
  const caller = await pod.call()
  let received = 0
  caller.socket.on('data', (text: string) => { received += text.length })

  caller.send(one.repeat(total))
  while (got < 1000 * one.length) await delay(10)
  await delay(500)
  const unanswered = got / one.length
  answers = true
  answer()
  while (received < total * respond('ok').length) await once(caller.socket, 'data')

  t.is(unanswered, 1000)
  t.is(answered, total)
  t.deepEqual(await pod.opaqueReasons(), [])
})
