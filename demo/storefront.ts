import { Agent, get, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import type { Cluster } from '../test/cluster/driver.ts'
import { environmentOf } from './kubectl.ts'
import { startProgram } from './programs.ts'
import { SHOP, type DemoContext } from './set-up.ts'

/** The shop's door: requests enter the cluster here, as a browser's would. */
export type Storefront = {
  readonly url: string
  /** Sends one request, and says for each service who answered. */
  readonly ask: (headers?: Headers) => Promise<Hops>
}

type Headers = Readonly<Record<string, string>>

/** Who answered, by service: `{ storefront: 'app', payments: 'developer' }`. */
export type Hops = Readonly<Record<string, string>>

/** Opens a way to the storefront that works with every kind of cluster: kubectl's port-forward. */
export async function openStorefront (cluster: Cluster, { atEnd }: DemoContext): Promise<Storefront> {
  const forward = startProgram(cluster.kubectl, [
    '--namespace', SHOP, 'port-forward', '--address', '127.0.0.1', 'service/storefront', ':80'
  ], { title: 'kubectl port-forward', env: environmentOf(cluster) })
  atEnd('closing the way to the storefront', forward.stop)
  const [, port] = await forward.line(/^Forwarding from 127\.0\.0\.1:(\d+)/, 10_000)
  const url = `http://127.0.0.1:${port}/`
  const agent = new Agent({ keepAlive: true })
  return { url, ask: async headers => hopsOf(await Promise.race([getJson(url, agent, headers), forward.ended])) }
}

/**
 * Asks every 10 ms until `service` is answered by `expected`, and returns that answer and the moment it came.
 *
 * @throws {Error} Saying who answered last, after `timeoutMs`.
 */
export async function askUntil (
  storefront: Storefront, headers: Headers, service: string, expected: string, timeoutMs: number
): Promise<{ readonly hops: Hops, readonly atMs: number }> {
  const deadline = performance.now() + timeoutMs
  for (;;) {
    const hops = await storefront.ask(headers)
    const atMs = performance.now()
    if (hops[service] === expected) return { hops, atMs }
    if (atMs > deadline) {
      throw new Error(`After ${timeoutMs / 1000} s "${service}" is still answered by "${hops[service] ?? 'nobody'}", ` +
        `not by "${expected}"`)
    }
    await delay(10)
  }
}

/** Flattens the nested answer of the shop. */
export function hopsOf (answer: unknown): Hops {
  if (typeof answer !== 'object' || answer === null) return {}
  const { service, answeredBy, ...rest } = answer as Readonly<Record<string, unknown>>
  const own = typeof service === 'string' && typeof answeredBy === 'string' ? { [service]: answeredBy } : {}
  return Object.assign(own, ...Object.values(rest).map(hopsOf)) as Hops
}

async function getJson (url: string, agent: Agent, headers: Headers = {}): Promise<unknown> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const request = get(url, { agent, headers: { ...headers }, timeout: 15_000 }, resolve)
    request.on('error', reject)
    request.on('timeout', () => request.destroy(new Error(`${url} gave no answer in 15 s`)))
  })
  return await json(response)
}
