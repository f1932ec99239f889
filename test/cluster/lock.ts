import { createServer, type Server } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** Who waits, for whom to be told about it. */
export type LockOptions = {
  readonly onWait: () => void
  readonly signal?: AbortSignal | undefined
}

/**
 * Does something that only one process of this machine may do at a time. The lock is a socket in Linux's abstract name
 * space: it goes with the process that holds it, however that ends, and leaves no file.
 */
export async function withLock<T> (name: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  let server = await tryListen(`\0waylay-${name}`)
  if (server === undefined) options.onWait()
  while (server === undefined) {
    await delay(200, undefined, { signal: options.signal })
    server = await tryListen(`\0waylay-${name}`)
  }
  try {
    return await work()
  } finally {
    server.close()
  }
}

async function tryListen (path: string): Promise<Server | undefined> {
  const server = createServer(socket => socket.destroy())
  return await new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(path, () => resolve(server))
  })
}
