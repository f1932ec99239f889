import { fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { SWITCH } from '../common/contract.ts'

/**
 * Writes a life byte to the supervisor from the event loop, whatever the verdict on the beat is, and also while
 * draining: it says that this process still turns, nothing more.
 *
 * The pipe is never closed by us. The supervisor takes its end for the end of the process.
 *
 * @param fd what the supervisor said in `WAYLAY_LIFE_FD`; undefined where there is no supervisor. It must come from
 * there: an fd 3 that nobody handed to us is Node's own, and writing to that would be a disaster.
 * @returns ends the writing, for tests.
 */
export function startLife (fd: number | undefined): () => void {
  const pipe = openPipe(fd)
  if (pipe === undefined) return () => {}
  const write = (): void => {
    // A supervisor that does not read is given no more to read: the pipe is full, or it is gone.
    if (pipe.writable && pipe.writableLength === 0) pipe.write('.')
  }
  write()
  const timer = setInterval(write, SWITCH.beatIntervalMs).unref()
  return () => clearInterval(timer)
}

function openPipe (fd: number | undefined): Socket | undefined {
  if (fd === undefined || !isPipe(fd)) return undefined
  // A stream, because it makes the descriptor non-blocking: a full pipe must not stop the event loop.
  const pipe = new Socket({ fd, readable: false, writable: true })
  pipe.on('error', () => {})
  pipe.unref()
  return pipe
}

function isPipe (fd: number): boolean {
  try {
    return fstatSync(fd).isFIFO()
  } catch {
    return false
  }
}
