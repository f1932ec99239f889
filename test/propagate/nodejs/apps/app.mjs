// An app of ES modules that imports by name.
import { createServer, get } from 'node:http'
import { connect, createServer as createHttp2Server } from 'node:http2'

const back = process.argv[2]
const read = async response => {
  let text = ''
  for await (const chunk of response) text += chunk
  return text
}

const http2Back = createHttp2Server((request, response) => { response.end(JSON.stringify(request.headers)) })
await new Promise(resolve => { http2Back.listen(0, '127.0.0.1', resolve) })

async function askHttp2 (headers) {
  const session = connect(`http://127.0.0.1:${http2Back.address().port}`)
  const text = await read(session.request({ ':path': '/', ...headers }).end())
  session.close()
  return text
}

// One connection of undici's for all, which nobody has opened when the first of them ask for it.
let agent
async function askShared () {
  const Agent = globalThis[Symbol.for('undici.globalDispatcher.2')].constructor
  agent ??= new Agent({ connections: 1, useH2c: true })
  await new Promise(resolve => { setTimeout(resolve, 100) })
  return await (await fetch(`http://127.0.0.1:${http2Back.address().port}`, { dispatcher: agent })).text()
}

const ways = {
  '/get': async () => await new Promise((resolve, reject) => {
    get(back, response => { read(response).then(resolve, reject) }).on('error', reject)
  }),
  '/fetch': async () => await (await fetch(back)).text(),
  '/http2': async () => await askHttp2({}),
  // As @connectrpc/connect-node does it.
  '/grpc-by-http2': async () => await askHttp2({ 'content-type': 'application/grpc' }),
  '/shared': askShared,
  '/own-http2': async () => await askHttp2({ Baggage: 'mine=1' })
}

async function answer (request, response) {
  await read(request)
  response.end(await ways[request.url]())
}

const server = createServer((request, response) => {
  answer(request, response).catch(error => response.destroy(error))
})
await new Promise(resolve => { server.listen(0, '127.0.0.1', resolve) })
// The same over HTTP/2.
const http2Server = createHttp2Server((request, response) => {
  answer(request, response).catch(error => response.stream.destroy(error))
})
await new Promise(resolve => { http2Server.listen(0, '127.0.0.1', resolve) })
console.log(JSON.stringify({ port: server.address().port, http2Port: http2Server.address().port }))
