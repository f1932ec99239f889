import test from 'ava'
import { listen, proxyPort } from '../helpers/proxied-port.ts'
import { answerWithName, MARIA, request, respond, sentOn } from '../helpers/raw-server.ts'

const VALUE = 'maria-12345678'

test('requests of one connection go to app and developer, each as it says', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  const { reports } = pod.intercept(VALUE, program)
  const caller = await pod.call()

  for (const round of [1, 2, 3]) {
    caller.send(request(`/a${round}`))
    await caller.received(`app /a${round}`)
    caller.send(request(`/m${round}?secret`, MARIA))
    await caller.received(`maria /m${round}?secret`)
  }

  t.deepEqual(reports.map(report => report.event === 'request' && [report.path, report.status]),
    [['/m1', 200], ['/m2', 200], ['/m3', 200]])
})

test('an intercept takes the next request of a connection that was open before', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  const caller = await pod.call()
  caller.send(request('/before', MARIA))
  await caller.received('app /before')

  const { route } = pod.intercept(VALUE, program)
  caller.send(request('/during', MARIA))
  await caller.received('maria /during')
  pod.routes.remove(route)
  caller.send(request('/after', MARIA))

  t.regex(await caller.received('/after'), /app \/after$/)
})

test('a pipeline across app and developer is answered in order', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/1') + request('/2') + request('/3', MARIA) + request('/4', MARIA) + request('/5'))

  const text = await caller.received('/5')
  t.deepEqual(text.match(/(app|maria) \/\d/g), ['app /1', 'app /2', 'maria /3', 'maria /4', 'app /5'])
})

test('a request byte by byte is diverted like one in one piece', async t => {
  const app = await listen(t, answerWithName('app'))
  const seen: string[] = []
  const program = await listen(t, answerWithName('maria', seen))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()
  const sent = `POST /x HTTP/1.1\r\nhOsT: shop\r\nX-Odd:\t a \xff\r\nContent-Length: 5\r\n${MARIA}\r\nhello`

  for (const byte of sent) {
    caller.send(byte)
    await new Promise(resolve => setImmediate(resolve))
  }

  await caller.received('maria /x')
  t.deepEqual(seen, [sentOn(sent)])
})

test('what nobody intercepts reaches the app byte for byte, and back', async t => {
  const seen: string[] = []
  const answer = 'HTTP/1.1 200 Very OK\r\nx-ODD:  \xfe \r\nX-odd: 2\r\nContent-Length: 2\r\n\r\nhi'
  const app = await listen(t, socket => {
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      seen.push(piece)
      socket.write(Buffer.from(answer, 'latin1'))
    })
  })
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, 1)
  const caller = await pod.call()
  const sent = 'GET /%20?a=b HTTP/1.1\r\nhost:x\r\nX-Waylay-Id: jon\r\nBaggage:\ta , waylay-id=x;p \r\nEmpty:\r\nA: 1\r\na: 2\r\n\r\n'

  caller.send(sent)

  t.is(await caller.received('hi'), answer)
  t.deepEqual(seen, [sent])
})

test('a head that went out in part before the intercept stays with the app', async t => {
  const arrived = Promise.withResolvers<void>()
  const app = await listen(t, socket => {
    socket.once('data', () => { arrived.resolve() })
    answerWithName('app')(socket)
  })
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  const caller = await pod.call()
  caller.send('GET /half HTTP/1.1\r\nHost: shop\r\n')
  await arrived.promise

  pod.intercept(VALUE, program)
  caller.send(`${MARIA}\r\n`)

  await caller.received('app /half')
  caller.send(request('/next', MARIA))
  t.regex(await caller.received('/next'), /maria \/next$/)
})

test('a global intercept takes every request but the kubelet\'s', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept('', program)
  const caller = await pod.call()

  caller.send(request('/all'))
  await caller.received('maria /all')
  caller.send(request('/healthz', 'User-Agent: kube-probe/1.34\r\n'))

  t.regex(await caller.received('/healthz'), /app \/healthz$/)
})

test('of several intercepts the one with more conditions gets the request', async t => {
  const app = await listen(t, answerWithName('app'))
  const general = await listen(t, answerWithName('general'))
  const special = await listen(t, answerWithName('special'))
  const pod = await proxyPort(t, app)
  const { route } = pod.intercept('shared-12345678', special)
  pod.routes.add({
    ...route,
    intercept: 'special',
    match: { headers: [...route.match.headers, { type: 'Exact', name: 'x-tenant', value: 'b' }] }
  })
  pod.intercept('shared-12345678', general)
  const caller = await pod.call()

  caller.send(request('/1', 'x-waylay-id: shared-12345678\r\nx-tenant: b\r\n'))
  await caller.received('special /1')
  caller.send(request('/2', 'x-waylay-id: shared-12345678\r\nx-tenant: c\r\n'))

  t.regex(await caller.received('/2'), /general \/2$/)
})

test('a routing header named in Connection does not count', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/hop', `${MARIA}Connection: x-waylay-id\r\n`))

  t.regex(await caller.received('/hop'), /app \/hop$/)
})

test('the baggage member and any of several values choose like the header', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, answerWithName('maria'))
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(request('/bag', `baggage: a=b,waylay-id=${VALUE};x=1\r\n`))
  await caller.received('maria /bag')
  caller.send(request('/twice', `x-waylay-id: other\r\n${MARIA}`))
  await caller.received('maria /twice')
  caller.send(request('/near', `x-waylay-id: ${VALUE}x\r\n`))

  t.regex(await caller.received('/near'), /app \/near$/)
})

test('a caller\'s 100-continue reaches the developer and comes back', async t => {
  const app = await listen(t, answerWithName('app'))
  const program = await listen(t, socket => {
    socket.setEncoding('latin1')
    let text = ''
    socket.on('data', (piece: string) => {
      if (text === '') socket.write('HTTP/1.1 100 Continue\r\n\r\n')
      text += piece
      if (text.endsWith('body!')) socket.write(respond('got it'))
    })
  })
  const pod = await proxyPort(t, app)
  pod.intercept(VALUE, program)
  const caller = await pod.call()

  caller.send(`POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5\r\n${MARIA}\r\n`)
  await caller.received('100 Continue')
  caller.send('body!')

  t.regex(await caller.received('got it'), /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK\r\n/)
})
