import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import test, { type ExecutionContext } from 'ava'
import type { LoadResult } from '../../bench/load/load.ts'
import { parseReport } from '../../bench/load/wrk.ts'

const PROGRAMS = join(import.meta.dirname, '..', '..', 'bench', 'programs')

type App = { readonly port: number, readonly seen: { connections: number, answered: number, closedByCaller: number } }

/** Answers each request, and ends a connection only after its caller did. */
async function startApp (t: ExecutionContext, status: string): Promise<App> {
  const seen = { connections: 0, answered: 0, closedByCaller: 0 }
  const server = createServer({ allowHalfOpen: true }, socket => {
    seen.connections++
    socket.on('data', () => {
      seen.answered++
      socket.write(`HTTP/1.1 ${status}\r\nContent-Length: 6\r\n\r\nanswer`)
    })
    socket.on('end', () => {
      seen.closedByCaller++
      socket.end()
    })
    socket.on('error', () => {})
    t.teardown(() => socket.destroy())
  }).listen(0, '127.0.0.1')
  t.teardown(() => server.close())
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, seen }
}

async function runClosingCallers (port: number): Promise<LoadResult> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    join(PROGRAMS, 'closing-callers.ts'), `127.0.0.1:${port}`, '4', '1'
  ])
  return parseReport(stdout)
}

test('closing callers open a connection for each request, and close it first', async t => {
  const { port, seen } = await startApp(t, '200 OK')
  const { requests, errors, p50Us } = await runClosingCallers(port)
  t.true(requests > 0)
  t.is(errors, 0)
  t.true(p50Us > 0)
  t.deepEqual(seen, { connections: requests, answered: requests, closedByCaller: requests })
})

test('closing callers count answers that are no success, and refused connections, as errors', async t => {
  const { port } = await startApp(t, '503 Service Unavailable')
  const refused = await runClosingCallers(port)
  t.is(refused.requests, 0)
  t.true(refused.errors > 0)
  t.true((await runClosingCallers(1)).errors > 0)
})

test('idle callers say so when each has been answered once, and keep their connections', async t => {
  const { port, seen } = await startApp(t, '200 OK')
  const child = spawn(process.execPath, [join(PROGRAMS, 'idle-callers.ts'), '127.0.0.1', String(port), '250'])
  t.teardown(() => child.kill('SIGKILL'))
  const [text] = await once(child.stdout, 'data') as [Buffer]
  t.is(text.toString(), 'idle\n')
  t.deepEqual(seen, { connections: 250, answered: 250, closedByCaller: 0 })
})
