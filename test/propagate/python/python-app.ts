import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttp2Server } from 'node:http2'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutionContext } from 'ava'
import { fetchWheelsForHere } from '../../../build/fetch-wheels.ts'
import type { FetchOptions } from '../../../build/fetched.ts'
import { pythonPart } from '../../../build/propagate-parts.ts'
import { freePort } from '../../helpers/free-port.ts'
import { listen } from '../../helpers/listening.ts'

const APPS = join(import.meta.dirname, 'apps')

const START_MS = 90_000

export type PythonApp = {
  readonly port: number
  /** Asks it by GET, on connections that are kept, and returns the headers that reached the back. */
  readonly ask: (path: string, headers?: Readonly<Record<string, string>>) => Promise<IncomingHttpHeaders>
  readonly stderr: () => string
}

/** What the image holds for Python, and the packages of the apps; fetched once per machine. */
export async function preparePython (fetching: FetchOptions): Promise<readonly [string, string]> {
  return await Promise.all([
    pythonPart(fetching), fetchWheelsForHere(join(import.meta.dirname, 'requirements.txt'), fetching)
  ])
}

/** Of this process: where nothing comes, its tests do not ask and wait one after the other. */
let prepared: ReturnType<typeof preparePython> | undefined

/**
 * A real Python with an app of `apps/` and ours in front, as the webhook writes PYTHONPATH, and servers behind it that
 * answer with the headers they are sent. Ended with the test.
 *
 * @param command Arguments of Python; `PORT` in them becomes the port that the app is to listen on.
 */
export async function startPythonApp (t: ExecutionContext, command: string): Promise<PythonApp> {
  t.timeout(START_MS * 2)
  prepared ??= preparePython({ progress: line => { t.log(line) } })
  const [ours, wheels] = await prepared
  const port = await freePort()
  const child = spawn('python3', command.replaceAll('PORT', String(port)).split(' '), {
    cwd: APPS,
    env: {
      PATH: process.env['PATH'], PYTHONPATH: `${ours}:${wheels}:${APPS}`, PYTHONDONTWRITEBYTECODE: '1', ...await startBack(t)
    },
    stdio: ['ignore', 'ignore', 'pipe']
  })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    const giveUp = setTimeout(() => child.kill('SIGKILL'), 2_000)
    await exited
    clearTimeout(giveUp)
  })
  let stderr = ''
  child.stderr.on('data', chunk => { stderr += String(chunk) })
  await Promise.race([
    untilListening(port), exited.then(() => { throw new Error(`The app ended: ${stderr}`) })
  ])
  return {
    port,
    ask: async (path, headers = {}) => {
      const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers })
      const body = await response.text()
      if (response.status !== 200) throw new Error(`${path}: ${response.status} ${body} ${stderr}`)
      return JSON.parse(body) as IncomingHttpHeaders
    },
    stderr: () => stderr
  }
}

async function startBack (t: ExecutionContext): Promise<Readonly<Record<string, string>>> {
  const back = createServer((request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers))
  })
  const http2 = createHttp2Server((request, response) => { response.end(JSON.stringify(request.headers)) })
  http2.listen(0, '127.0.0.1')
  await once(http2, 'listening')
  t.teardown(() => { http2.close() })
  const address = http2.address() as { readonly port: number }
  return { BACK: `http://127.0.0.1:${await listen(t, back)}/`, BACK_HTTP2: `http://127.0.0.1:${address.port}/` }
}

async function untilListening (port: number): Promise<void> {
  for (const end = performance.now() + START_MS; performance.now() < end; await delay(50)) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(() => true, () => false)
    socket.destroy()
    if (isThere) return
  }
  throw new Error(`Nothing listens on port ${port} after ${START_MS} ms`)
}
