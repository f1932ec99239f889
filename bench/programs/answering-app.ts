// What answers on both ends: in the pod with a port, on the developer's machine driven over stdin.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serveCommands } from '../../test/e2e/fixtures/serve-commands.ts'

const SMALL = Buffer.alloc(50, 's')
const LARGE = Buffer.alloc(1_000_000, 'l')

const server = createServer((request, response) => {
  const body = request.url === '/large' ? LARGE : SMALL
  request.resume().on('end', () => {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': body.length })
    response.end(body)
  })
})

const [port] = process.argv.slice(2)
if (port !== undefined) {
  server.listen(Number(port))
} else {
  serveCommands({
    listen: async () => {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      return (server.address() as AddressInfo).port
    }
  })
}
