/**
 * Sends reviews to a webhook as an API server does, over connections that are kept. Reads one JSON of
 * `AdmissionLoad` from standard input, prints one JSON of `AdmissionResult`.
 */
import { randomUUID } from 'node:crypto'
import https from 'node:https'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'

export type AdmissionLoad = {
  readonly port: number
  /** PEM. */
  readonly authority: string
  /** Of the certificate, and the Host. */
  readonly serverName: string
  /** An AdmissionReview, as JSON, with `UID` where a uid belongs. */
  readonly review: string
  readonly seconds: number
  /** Sent at fixed times; or else `connections` at a time. */
  readonly perSecond?: number
  readonly connections: number
}

export type AdmissionResult = {
  readonly p50Us: number
  readonly p99Ms: number
  readonly requestsPerSecond: number
  readonly requests: number
  readonly warmUpRequests: number
  /** Not answered with a patch. */
  readonly errors: number
}

type Review = { readonly response?: { readonly allowed?: boolean, readonly patch?: string } }

type Measured = Omit<AdmissionResult, 'warmUpRequests'>

const WARM_UP_SECONDS = 2

async function main (): Promise<void> {
  const load = JSON.parse(await text(process.stdin)) as AdmissionLoad
  const agent = new https.Agent({
    keepAlive: true, maxSockets: load.connections, ca: load.authority, servername: load.serverName
  })
  const { requests: warmUpRequests } = await run({ ...load, seconds: WARM_UP_SECONDS }, agent)
  process.stdout.write(`${JSON.stringify({ ...await run(load, agent), warmUpRequests } satisfies AdmissionResult)}\n`)
  agent.destroy()
}

async function run (load: AdmissionLoad, agent: https.Agent): Promise<Measured> {
  const timesUs: number[] = []
  let errors = 0
  const one = async (sinceMs: number): Promise<void> => {
    const isGood = await send(load, agent).catch(() => false)
    if (!isGood) errors++
    timesUs.push((performance.now() - sinceMs) * 1000)
  }
  const startMs = performance.now()
  if (load.perSecond === undefined) await atATime(load, startMs, one)
  else await atFixedTimes(load.perSecond, load.seconds, startMs, one)
  const seconds = (performance.now() - startMs) / 1000
  const sorted = timesUs.toSorted((a, b) => a - b)
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? NaN
  const requests = sorted.length
  return { p50Us: at(0.5), p99Ms: at(0.99) / 1000, requestsPerSecond: requests / seconds, requests, errors }
}

/** Nothing waits for an answer: a review that queues for a connection behind a slow one is slow, too. */
async function atFixedTimes (
  perSecond: number, seconds: number, startMs: number, one: (sinceMs: number) => Promise<void>
): Promise<void> {
  const sent: Promise<void>[] = []
  for (let index = 0; index < perSecond * seconds; index++) {
    const dueMs = startMs + index * 1000 / perSecond
    const waitMs = dueMs - performance.now()
    if (waitMs > 0) await delay(waitMs)
    sent.push(one(performance.now()))
  }
  await Promise.all(sent)
}

async function atATime (
  { connections, seconds }: AdmissionLoad, startMs: number, one: (sinceMs: number) => Promise<void>
): Promise<void> {
  await Promise.all(Array.from({ length: connections }, async () => {
    while (performance.now() - startMs < seconds * 1000) await one(performance.now())
  }))
}

async function send ({ port, serverName, review }: AdmissionLoad, agent: https.Agent): Promise<boolean> {
  const body = review.replaceAll('UID', randomUUID())
  const { promise, resolve, reject } = Promise.withResolvers<boolean>()
  const request = https.request({
    host: '127.0.0.1',
    port,
    path: '/pods?timeout=2s',
    method: 'POST',
    agent,
    headers: { host: serverName, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  }, answer => {
    text(answer).then(content => {
      const { response } = JSON.parse(content) as Review
      resolve(response?.allowed === true && response.patch !== undefined)
    }).catch(reject)
  })
  request.once('error', reject)
  request.end(body)
  return await promise
}

await main()
