import type { Socket } from 'node:net'
import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond } from '../helpers/raw-server.ts'

test('a request that begins while the carrier is lost waits for the next one', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const { route, silence } = pod.intercept('maria-12345678', await listen(t, answerWithName('maria')), { acceptDelayMs: 200 })
  const caller = await pod.call()
  silence.ms = 9900
  route.presence.lost()
  caller.send(request('/waits', MARIA))
  route.presence.resumed()

  t.regex(await caller.received('maria /waits'), /^HTTP\/1\.1 200/)
})

test('a request that waits in vain gets 503, its neighbour the app', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const { route, silence, reports } = pod.intercept('maria-12345678', await listen(t, () => {}))
  silence.ms = 9950
  route.presence.lost()
  const [caller, neighbour] = [await pod.call(), await pod.call()]
  caller.send(request('/lost', MARIA))
  neighbour.send(request('/mine'))

  await neighbour.received('app /mine')
  const { text } = await caller.end()
  t.regex(text, /^HTTP\/1\.1 503 /)
  t.regex(text, /x-waylay-error: WAYLAY_DEVELOPER_GONE/)
  t.like(reports, [{ event: 'request', path: '/lost', status: 503 }])
})

test('a request under way when the carrier is lost is not given up', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const held = Promise.withResolvers<Socket>()
  const { route, silence } = pod.intercept('maria-12345678', await listen(t, socket => {
    socket.on('data', () => { held.resolve(socket) })
  }))
  const caller = await pod.call()
  caller.send(request('/breakpoint', MARIA))
  const program = await held.promise
  silence.ms = 10_000
  route.presence.lost()
  const impatient = await pod.call()
  impatient.send(request('/later', MARIA))
  t.regex((await impatient.end()).text, /^HTTP\/1\.1 503 /)
  route.presence.resumed()

  program.write(respond('at last'))
  t.regex(await caller.received('at last'), /^HTTP\/1\.1 200/)
})

test('a global intercept falls back to the app while its carrier is lost', async t => {
  const pod = await proxyPort(t, await listen(t, answerWithName('app')))
  const { route } = pod.intercept('', await listen(t, answerWithName('maria')))
  const kept = await pod.call()
  kept.send(request('/before'))
  await kept.received('maria /before')
  route.presence.lost()
  const fresh = await pod.call()
  for (const caller of [kept, fresh]) {
    caller.send(request('/during'))
    await caller.received('app /during')
  }
  route.presence.resumed()
  kept.send(request('/after'))

  await kept.received('maria /after')
  t.pass()
})
