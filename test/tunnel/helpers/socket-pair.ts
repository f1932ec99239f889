import { once } from 'node:events'
import net from 'node:net'
import type { ExecutionContext } from 'ava'

/** The two ends of one TCP connection over loopback: who dialled, who accepted. */
export async function openSocketPair (t: ExecutionContext): Promise<readonly [net.Socket, net.Socket]> {
  const server = net.createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const dialled = net.connect({ port: (server.address() as net.AddressInfo).port, host: '127.0.0.1', noDelay: true })
  const [accepted] = await once(server, 'connection') as [net.Socket]
  server.close()
  t.teardown(() => {
    dialled.destroy()
    accepted.destroy()
  })
  return [dialled, accepted]
}
