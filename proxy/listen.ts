import type { Server as HttpServer } from 'node:http'
import type { Server } from 'node:net'

/**
 * Listens on a port for both families, or for IPv4 alone in a pod without IPv6.
 *
 * @throws {NodeJS.ErrnoException} when the port is taken.
 */
export async function listenOnEveryAddress (server: Server | HttpServer, port: number): Promise<void> {
  try {
    await listen(server, '::', port)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EAFNOSUPPORT' && code !== 'EADDRNOTAVAIL') throw error
    await listen(server, '0.0.0.0', port)
  }
}

// The kernel leads callers here past the app's own queue, so ours is as long as the kernel allows.
const BACKLOG = 65_535

async function listen (server: Server | HttpServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: BACKLOG }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
