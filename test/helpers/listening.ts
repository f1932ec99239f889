import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** Listens on 127.0.0.1 until the test ends, with whatever is still open then, and returns the port. */
export async function listen (
  t: Pick<ExecutionContext, 'teardown'>, server: Server
): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return (server.address() as AddressInfo).port
}
