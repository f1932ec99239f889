// An app in CommonJS that knows nothing of headers. Path: how it asks the back; answers what the back received.
const { AsyncResource } = require('node:async_hooks')
const http = require('node:http')
const net = require('node:net')

const back = process.argv[2]
const read = async response => {
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}
const ask = async make => await new Promise((resolve, reject) => {
  make(response => read(response).then(resolve, reject)).on('error', reject)
})
// As undici follows a redirect, or sends again what failed: from the events of a connection that others use too.
let agent
const askAgain = async () => await new Promise((resolve, reject) => {
  agent ??= new globalThis[Symbol.for('undici.globalDispatcher.2')].constructor({ connections: 1 })
  let text
  const send = handler => { agent.dispatch({ origin: back, path: '/', method: 'GET' }, handler) }
  const listen = onEnd => ({
    onRequestStart () {},
    onResponseStart () { text = '' },
    onResponseData (_controller, chunk) { text += chunk },
    onResponseEnd: onEnd,
    onResponseError (_controller, error) { reject(error) }
  })
  send(listen(() => { send(listen(() => { resolve(text) })) }))
})
// As drivers of databases do it: a connection that is opened when it is needed, and calls back in turn.
let connection
const waiting = []
function query (callback) {
  connection ??= net.connect(new URL(back).port, '127.0.0.1').on('data', () => { waiting.shift()() })
  waiting.push(callback)
  connection.write('GET / HTTP/1.1\r\nHost: database\r\n\r\n')
}
// As p-queue and fastq do it: the end of one job starts the next, which is then of the same request.
const jobs = []
let isBusy = false
async function work () {
  if (isBusy || jobs.length === 0) return
  isBusy = true
  await jobs.shift()()
  isBusy = false
  work()
}
const ways = {
  '/get': async () => await ask(done => http.get(back, done)),
  '/request': async () => await ask(done => http.request(new URL(back), { method: 'POST' }, done).end('x')),
  '/own': async () => await ask(done => http.get(back, { headers: { Baggage: 'mine=1', TraceParent: 'own' } }, done)),
  '/own-later': async () => await ask(done => {
    const request = http.request(back, done)
    request.setHeader('baggage', 'mine=2')
    return request.end()
  }),
  '/list': async () => await ask(done => http.get(back, { headers: ['Host', 'shop', 'Baggage', 'mine=3'] }, done)),
  '/fetch': async () => await (await fetch(back)).text(),
  '/own-fetch': async () => await (await fetch(back, { headers: { baggage: 'mine=4' } })).text(),
  '/again': askAgain,
  '/query': async () => await new Promise(resolve => {
    query(() => { http.get(back, response => { read(response).then(resolve) }) })
  }),
  '/queued': async () => await new Promise((resolve, reject) => {
    jobs.push(AsyncResource.bind(async () => { await ask(done => http.get(back, done)).then(resolve, reject) }))
    work()
  }),
  // Others ask meanwhile.
  '/later': async () => {
    await new Promise(resolve => { setTimeout(resolve, 100) })
    return await (await fetch(back)).text()
  }
}
const server = http.createServer((request, response) => {
  // In the events of a body, as frameworks do it.
  request.on('data', () => {})
  request.on('end', () => {
    ways[request.url]().then(text => response.end(text), error => response.writeHead(500).end(String(error)))
  })
})
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({
  port: server.address().port, own: globalThis.own, options: process.execArgv
})))
