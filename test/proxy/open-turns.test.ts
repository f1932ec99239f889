import { setTimeout as delay } from 'node:timers/promises'
import test from 'ava'
import { OpenTurns } from '../../proxy/open-turns.ts'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond } from '../helpers/raw-server.ts'

test('who waits for the turns under way goes on with the last of them', async t => {
  const turns = new OpenTurns()
  await turns.none(60_000)
  turns.begin()
  turns.begin()
  let isOver = false
  const over = turns.none(60_000).then(() => { isOver = true })
  turns.end()
  await delay(1)
  t.false(isOver)
  turns.end()
  await over
})

test('a breakpoint is not waited for longer than the limit', async t => {
  const turns = new OpenTurns()
  turns.begin()
  await turns.none(20)
  t.pass()
})

test('a turn is under way from its request to the end of its answer, however it ends', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const answers = [respond('whole'), 'nonsense\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe', '']
  const program = await listen(t, socket => {
    socket.once('data', () => void delay(20).then(() => socket.end(answers.shift() ?? '')))
  })
  const { route } = pod.intercept('maria-12345678', program)
  for (let count = answers.length; count > 0; count--) {
    const caller = await pod.call()
    caller.send(request('/', MARIA))
    await delay(5)
    let isOver = false
    const over = route.turns.none(60_000).then(() => { isOver = true })
    t.false(isOver)
    await over
    caller.socket.destroy()
  }
  const gone = await pod.call()
  answers.push(respond('late'))
  gone.send(request('/', MARIA))
  await delay(5)
  gone.socket.resetAndDestroy()
  await route.turns.none(60_000)
})
