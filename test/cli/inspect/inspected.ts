import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ExecutionContext } from 'ava'
import { ResponseReader } from '../../../http1/response-reader.ts'
import { encodeStreamHead } from '../../../tunnel/stream-head.ts'
import { readReply } from '../helpers/delivery.ts'
import { startFakeApiServer } from '../helpers/fake-api-server.ts'
import { writeKubeconfig } from '../helpers/kubeconfig.ts'
import { startCli } from '../helpers/run-cli.ts'
import { until } from '../helpers/until.ts'

/**
 * `waylay intercept payments --inspect` in this process, with two pods whose proxies are real sessions, and a program
 * that answers.
 */
export async function startInspected (t: ExecutionContext, answer: RequestListener, upgrade?: Upgrade) {
  const api = await startFakeApiServer(t)
  for (const pod of ['payments-6d5f9-x2lkq', 'payments-6d5f9-9wmzt']) api.addPod(pod)
  const kubeconfig = await writeKubeconfig(t, api.url)
  const program = createServer(answer)
  if (upgrade !== undefined) program.on('upgrade', upgrade)
  program.listen(0, '127.0.0.1')
  await once(program, 'listening')
  t.teardown(() => {
    program.closeAllConnections()
    program.close()
  })
  const { port } = program.address() as AddressInfo
  const run = await startCli(t, [
    '--kubeconfig', kubeconfig, 'intercept', 'payments', '--port', String(port), '--id', 'maria-3fk27d4a', '--inspect',
    '--output', 'json'
  ], { PATH: process.env['PATH'] })
  t.teardown(async () => {
    run.interrupt()
    await run.exitCode
  })
  await until(() => run.stdout.some(line => line.includes('"inspector"')))
  const { url } = JSON.parse(run.stdout.find(line => line.includes('"inspector"')) ?? '') as { readonly url: string }
  const send = async (request: string | Buffer, options: Diverted = {}): Promise<Buffer> =>
    await divert(api, request, options)
  const open = async (begin: string, options: Diverted = {}): Promise<Duplex> => await openStream(api, begin, options)
  return { api, run, url, port, divert: send, open }
}

type Upgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void

type Diverted = {
  readonly pod?: number
  readonly caller?: string
  readonly protocol?: 'http/1.1' | 'tcp'
  /** Does not wait for the end of the answer. */
  readonly staysOpen?: boolean
}

/** Diverts one request, as a pod's proxy does; resolves with the program's answer. */
async function divert (api: FakeApi, request: string | Buffer, options: Diverted): Promise<Buffer> {
  const stream = await openStream(api, request, options)
  if (options.staysOpen === true) {
    stream.resume()
    return Buffer.alloc(0)
  }
  const answer = await readAnswer(stream)
  stream.end()
  return answer
}

type FakeApi = Awaited<ReturnType<typeof startFakeApiServer>>

/** A diverted stream that has begun with these bytes. */
async function openStream (
  api: FakeApi, request: string | Buffer, { pod = 0, caller = '10.244.1.17', protocol = 'http/1.1' }: Diverted
): Promise<Duplex> {
  const session = [...api.pods.values()][pod]?.sessions.at(-1)
  const [intercept = ''] = api.intercepts.keys()
  if (session === undefined) throw new Error(`pod ${pod} has no session`)
  const stream = session.openStream()
  stream.write(Buffer.concat([
    encodeStreamHead({ intercept, port: 8080, protocol, caller: { address: caller, port: 40_000 } }),
    typeof request === 'string' ? Buffer.from(request) : request
  ]))
  await readReply(stream)
  return stream
}

/** Up to the end of the response, as a proxy reads it: the connection stays open for the next turn. */
async function readAnswer (stream: Duplex): Promise<Buffer> {
  const reader = new ResponseReader()
  const pieces: Buffer[] = []
  for await (const piece of stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    pieces.push(piece)
    for (let at = 0; at < piece.length;) {
      const step = reader.step(piece, at, piece.length, { method: 'GET' })
      if (step.kind === 'malformed') throw new Error('the program sent no response')
      if (step.kind === 'more') break
      if (step.done) return Buffer.concat(pieces)
      at = step.next
    }
  }
  return Buffer.concat(pieces)
}

/** A request as text. @param fields header lines after Host. */
export function requestText (method: string, target: string, fields: readonly string[] = [], body = ''): string {
  const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]
  return [`${method} ${target} HTTP/1.1`, 'Host: payments.shop', 'x-waylay-id: maria-3fk27d4a', ...fields, ...length, '', body].join('\r\n')
}
