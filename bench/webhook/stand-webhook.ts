import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import https from 'node:https'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { bundlePrograms, ROOT } from '../../build/bundle.ts'
import { environmentOf } from '../../demo/kubectl.ts'
import type { Cleanup } from '../cleanup.ts'
import { CORES } from '../pod.ts'
import type { Lab } from '../tunnel/lab.ts'
import { freePort } from '../../test/helpers/free-port.ts'

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
const POLL_MS = 100

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
  await untilReady(child, port)
  const bundle = await lab.kubectl(['get', 'mutatingwebhookconfiguration', 'waylay', '-o', 'jsonpath={.webhooks[0].clientConfig.caBundle}'])
  return {
    pid: child.pid ?? 0,
    port,
    authority: Buffer.from(bundle, 'base64').toString(),
    serverName: `waylay-webhook.${NAMESPACE}.svc`
  }
}

/** Until it would be sent reviews in the cluster, too. Its log is read to the end, as the kubelet would. */
async function untilReady (child: ChildProcess, port: number): Promise<void> {
  const lines: string[] = []
  if (child.stdout !== null) createInterface({ input: child.stdout }).on('line', line => { lines.splice(0, lines.length - 4, line) })
  const untilMs = performance.now() + START_TIMEOUT_MS
  while (!await isReady(port)) {
    if (child.exitCode !== null || performance.now() > untilMs) {
      throw new Error(`The webhook is not ready:\n${lines.join('\n')}`)
    }
    await delay(POLL_MS)
  }
}

// Whom it trusts is not the question yet: it may serve for nobody until it has its keys.
async function isReady (port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  https.get({ host: '127.0.0.1', port, path: '/readyz', agent: false, rejectUnauthorized: false }, answer => {
    answer.resume()
    resolve(answer.statusCode === 200)
  }).once('error', () => { resolve(false) })
  return await promise
}
