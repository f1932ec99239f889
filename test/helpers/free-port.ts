import { once } from 'node:events'
import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below what any system gives to outgoing connections and to those who listen on 0: nobody comes in between. */
const FIRST = 20_000
const END = 30_000

/** A TCP port of 127.0.0.1 on which nobody listens, and which is still free when its user listens a moment later. */
export async function freePort (): Promise<number> {
  while (true) {
    const port = randomInt(FIRST, END)
    const server = createServer()
    try {
      await once(server.listen(port, '127.0.0.1'), 'listening')
    } catch {
      continue
    }
    server.close()
    await once(server, 'close')
    return port
  }
}
