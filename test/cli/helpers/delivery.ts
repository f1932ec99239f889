import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { duplexPair, type Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { deliverStream } from '../../../cli/intercept/developer/deliver-stream.ts'
import { createDeveloper, type Developer } from '../../../cli/intercept/developer/developer.ts'
import type { StreamReply } from '../../../tunnel/control-messages.ts'
import type { Session } from '../../../tunnel/session.ts'
import { openSession } from '../../../tunnel/open-session.ts'
import { SessionRegistry } from '../../../tunnel/session-registry.ts'
import { createReplyParser, encodeStreamHead } from '../../../tunnel/stream-head.ts'

/** Of a stream that carries HTTP/1.1. */
export const HEAD = encodeStreamHead({
  intercept: 'abc', port: 8080, protocol: 'http/1.1', caller: { address: '10.0.0.7', port: 40000 }
})

/** A developer's program on port 0 that does what it is told with each connection. */
export async function startProgram (
  t: ExecutionContext, onConnection: (socket: Socket) => void, host = '127.0.0.1'
): Promise<Developer> {
  const server = createServer({ allowHalfOpen: true }, socket => {
    socket.on('error', () => {})
    onConnection(socket)
  })
  server.listen(0, host)
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return createDeveloper({ port: portOf(server) })
}

export function portOf (server: Server): number {
  return (server.address() as AddressInfo).port
}

/** The proxy's end of a real tunnel session whose CLI end delivers to the developer. */
export async function openTunnel (t: ExecutionContext, developer: Developer): Promise<() => Duplex> {
  const [cliEnd, proxyEnd] = duplexPair()
  const cli = openSession({
    role: 'cli',
    openCarrier: async () => cliEnd,
    onStream: stream => { void deliverStream(stream, () => developer, 'payments-1') },
    onClose: () => {}
  })
  let proxy: Session | undefined
  const registry = new SessionRegistry({
    onSession: session => {
      proxy = session
      return { onStream: () => {}, onClose: () => {} }
    }
  })
  registry.accept(proxyEnd)
  t.teardown(() => {
    cli.destroy()
    registry.destroy()
  })
  await cli.ready
  return () => proxy?.openStream() ?? t.fail('The proxy has no session')
}

/** Waits for the CLI's reply; what came behind it is put back. */
export async function readReply (stream: Duplex): Promise<StreamReply> {
  const parser = createReplyParser()
  for (;;) {
    const chunk = stream.read() as Buffer | null
    const parsed = chunk === null ? undefined : parser.push(chunk)
    if (parsed !== undefined) {
      if (parsed.rest.length > 0) stream.unshift(parsed.rest)
      return parsed.reply
    }
    await once(stream, 'readable')
  }
}
