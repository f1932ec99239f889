import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { bundlePrograms, ROOT } from '../../build/bundle.ts'
import { environmentOf } from '../../demo/kubectl.ts'
import type { Cleanup } from '../cleanup.ts'
import { CORES } from '../pod.ts'
import type { Lab } from '../tunnel/lab.ts'

/** The webhook's program on this machine, on a core of its own. */
export type StoodWebhook = {
  readonly pid: number
  readonly port: number
  /** PEM of the authorities that the API server trusts it by. */
  readonly authority: string
  readonly serverName: string
}

const NAMESPACE = 'waylay-system'
const START_TIMEOUT_MS = 60_000

/**
 * Starts one more replica of the installed webhook, beside those in the cluster: the bundle that the image carries,
 * with the same Secret and the same facts from the API server. Nobody but the bench sends it reviews.
 */
export async function standWebhook (lab: Lab, profile: string | undefined, cleanup: Cleanup): Promise<StoodWebhook> {
  await bundlePrograms(['webhook'])
  const port = await freePort()
  const flags = profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`]
  const child = spawn('taskset', ['-c', String(CORES.side), process.execPath, ...flags, join(ROOT, 'dist/webhook.js')], {
    env: {
      ...environmentOf(lab.cluster),
      WAYLAY_PORT: String(port),
      WAYLAY_METRICS_PORT: String(await freePort()),
      WAYLAY_NAMESPACE: NAMESPACE,
      WAYLAY_SIDECAR_IMAGE: 'waylay/sidecar:0.1.0'
    },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true
  })
  const closed = once(child, 'close')
  cleanup.add(async () => {
    child.kill('SIGINT')
    await closed
  })
  await untilInUse(child.stdout)
  const bundle = await lab.kubectl(['get', 'mutatingwebhookconfiguration', 'waylay', '-o', 'jsonpath={.webhooks[0].clientConfig.caBundle}'])
  return {
    pid: child.pid ?? 0,
    port,
    authority: Buffer.from(bundle, 'base64').toString(),
    serverName: `waylay-webhook.${NAMESPACE}.svc`
  }
}

/** Until it has its keys. Its log is read to the end, as the kubelet would. */
async function untilInUse (stdout: NodeJS.ReadableStream): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const lines: string[] = []
  const timer = setTimeout(() => { reject(new Error(`The webhook has no keys:\n${lines.join('\n')}`)) }, START_TIMEOUT_MS)
  const reader = createInterface({ input: stdout })
  const read = (line: string): void => {
    lines.push(line)
    if (!line.includes('"keys.in-use"')) return
    reader.off('line', read)
    resolve()
  }
  reader.on('line', read)
  reader.once('close', () => { reject(new Error(`The webhook ended:\n${lines.slice(-5).join('\n')}`)) })
  await promise
  clearTimeout(timer)
}

async function freePort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
