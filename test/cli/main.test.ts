import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import test, { type ExecutionContext } from 'ava'
import { startFakeApiServer } from './helpers/fake-api-server.ts'
import { writeKubeconfig } from './helpers/kubeconfig.ts'

const MAIN = path.join(import.meta.dirname, '..', '..', 'cli', 'main.ts')

async function startProcess (t: ExecutionContext, args: readonly string[]) {
  const dir = await mkdtemp(path.join(tmpdir(), 'waylay-process-'))
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, WAYLAY_CONFIG_DIR: dir, WAYLAY_ID: '' }
  })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await rm(dir, { recursive: true, force: true })
  })
  return child
}

test('a wrong command line ends the process with exit code 2', async t => {
  const child = await startProcess(t, ['intercept'])
  const said = text(child.stderr)

  const [code] = await once(child, 'exit') as [number]

  t.is(code, 2)
  t.regex(await said, /Code: {2}WAYLAY_USAGE/)
})

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  test(`${signal} ends the process cleanly, and nothing waits for its limit`, async t => {
    const api = await startFakeApiServer(t)
    api.addPod('payments-1')
    const kubeconfig = await writeKubeconfig(t, api.url)
    const child = await startProcess(t, ['--kubeconfig', kubeconfig, 'intercept', 'payments', '-p', '3000', '-o', 'json'])
    const [line] = await once(child.stdout, 'data') as [Buffer]
    const startMs = performance.now()

    child.kill(signal)
    const [code] = await once(child, 'exit') as [number]

    t.is((JSON.parse(line.toString().split('\n', 1)[0] ?? '') as { event?: string }).event, 'ready')
    t.is(code, 0)
    t.true(performance.now() - startMs < 4500, 'the limit is 5 s')
    t.is(api.intercepts.size, 0)
  })
}
