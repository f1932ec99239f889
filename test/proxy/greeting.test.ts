import { setTimeout as delay } from 'node:timers/promises'
import test, { type ExecutionContext } from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond } from '../helpers/raw-server.ts'

const VALUE = 'maria-12345678'
const GREETING = 'PROXY TCP4 192.0.2.1 192.0.2.2 56324 443\r\n'

/** An app that answers once it was greeted, and writes down what each of its connections was sent. */
async function greetedApp (t: ExecutionContext, seen: string[]): Promise<number> {
  return await listen(t, socket => {
    const index = seen.push('') - 1
    socket.on('data', (bytes: Buffer) => {
      seen[index] += bytes.toString()
      if (seen[index]?.endsWith('\r\n\r\n') === true) socket.write(respond('app'))
    })
    socket.on('end', () => socket.end())
  })
}

for (const pieces of [1, 7, 1000]) {
  test(`a load balancer's greeting reaches the app and not the developer, in pieces of ${pieces}`, async t => {
    const seen: string[] = []
    const pod = await proxyPort(t, await greetedApp(t, seen))
    pod.intercept(VALUE, await listen(t, answerWithName('maria')))
    const caller = await pod.call()

    const bytes = GREETING + request('/1', MARIA)
    for (let at = 0; at < bytes.length; at += pieces) {
      caller.send(bytes.slice(at, at + pieces))
      await delay(1)
    }
    t.regex(await caller.received('maria'), /x-waylay-diverted-to/)
    caller.send(request('/2'))
    await caller.received('app')

    // The first connection was given back when the first turn was diverted; the second was greeted again.
    t.deepEqual(seen, [GREETING, GREETING + request('/2')])
    t.deepEqual(await pod.opaqueReasons(), [])
  })
}

test('without an intercept a greeting is not held back', async t => {
  const seen: string[] = []
  const pod = await proxyPort(t, await greetedApp(t, seen))
  const caller = await pod.call()
  caller.send(GREETING.slice(0, 9))
  while (seen[0] !== GREETING.slice(0, 9)) await delay(5)
  caller.send(GREETING.slice(9) + request('/'))
  await caller.received('app')
  t.deepEqual(seen, [GREETING + request('/')])
})

test('nor is a piece of a binary one, whatever its bytes look like', async t => {
  const seen: string[] = []
  const pod = await proxyPort(t, await greetedApp(t, seen))
  const caller = await pod.call()
  const extension = 'a\r\nbaggage: a=b\r\nbagg'
  const greeting = `\r\n\r\n\0\r\nQUIT\n!\x01\0${String.fromCharCode(extension.length)}${extension}`
  const piece = greeting.slice(0, -2)
  caller.send(piece)
  while (seen[0] !== piece) await delay(5)
  caller.send(greeting.slice(-2) + request('/'))
  await caller.received('app')
  t.deepEqual(seen, [greeting + request('/')])
})
