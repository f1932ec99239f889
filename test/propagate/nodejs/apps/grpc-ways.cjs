// Answers HTTP by a call of its own gRPC server, which asks the back: what the back received travelled by both.
const http = require('node:http')

const back = process.argv[2]
const text = {
  requestSerialize: Buffer.from, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String
}
const methods = { get: { path: '/shop.Shop/Get', requestStream: false, responseStream: false, ...text } }

async function askBack () {
  return await new Promise((resolve, reject) => {
    http.get(back, async response => { resolve(Buffer.concat(await response.toArray()).toString()) }).on('error', reject)
  })
}

// What an app imports, or requires, by name.
exports.serve = ({ Client, Server, ServerCredentials, credentials, makeClientConstructor }) => {
  const grpcServer = new Server()
  grpcServer.addService(methods, {
    get: (_call, callback) => { askBack().then(answer => callback(null, answer), callback) }
  })
  grpcServer.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error
    const where = [`127.0.0.1:${port}`, credentials.createInsecure()]
    const [made, plain] = [new (makeClientConstructor(methods, 'shop.Shop'))(...where), new Client(...where)]
    const { path, requestSerialize, responseDeserialize } = methods.get
    const ways = {
      '/made': done => made.get('x', done),
      '/plain': done => plain.makeUnaryRequest(path, requestSerialize, responseDeserialize, 'x', done)
    }
    const server = http.createServer((request, response) => {
      request.resume()
      ways[request.url]((error, answer) => { response.writeHead(error ? 500 : 200).end(String(error ?? answer)) })
    })
    server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })))
  })
}
