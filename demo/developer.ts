/**
 * The developer's own version of a service, on their machine: what waylay brings their requests to.
 *
 *   node demo/developer.ts payments 3000
 */
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { createService } from './shop/create-service.ts'

const [name = 'payments', port = '3000'] = process.argv.slice(2)

const server = createService({ name, answeredBy: 'developer', instance: hostname() })

server.on('error', (error: Error) => {
  console.error(`The developer's ${name} cannot listen on 127.0.0.1:${port}: ${error.message}`)
  process.exitCode = 1
})
// The line is what demo/main.ts waits for.
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${(server.address() as AddressInfo).port}`))
process.on('SIGTERM', () => process.exit(0))
