import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import type { ExecutionContext } from 'ava'

/** Bytes that passed, in their order: `>` from whoever connected. */
export type Piece = { readonly way: '>' | '<', readonly bytes: Buffer }

/** Leads to a port of this machine and remembers what passes. */
export async function relay (t: ExecutionContext, to: number) {
  const pieces: Piece[] = []
  const server = createServer(from => {
    const there = connect(to, '127.0.0.1')
    from.on('data', (bytes: Buffer) => { pieces.push({ way: '>', bytes }) })
    there.on('data', (bytes: Buffer) => { pieces.push({ way: '<', bytes }) })
    from.pipe(there)
    there.pipe(from)
    for (const socket of [from, there]) socket.on('error', () => { from.destroy(); there.destroy() })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return { port: (server.address() as AddressInfo).port, pieces }
}
