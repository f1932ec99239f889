import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import type { ExecutionContext } from 'ava'
import { INJECTED_ENV, PORTS, PROXY_GID } from '../../common/contract.ts'
import type { InjectionMode, RedirectMode } from '../../common/injected.ts'
import { writePublicKey } from '../../intercepts/ticket.ts'
import { ADDRESSES, PodNetwork, type Background, type StartOptions } from './netns.ts'
import { CONFIG, only, redirect, type BackEndName } from './redirected-pod.ts'

const main = join(import.meta.dirname, '../../proxy/main.ts')
const supervisor = join(import.meta.dirname, '../../proxy/supervisor.sh')
const fixtures = join(import.meta.dirname, '../proxy/fixtures')

export type ProxiedPodOptions = {
  readonly redirect?: RedirectMode
  /** `named-port`: without any rule; callers go to the listener, 15100. */
  readonly mode?: InjectionMode
  readonly backEnd?: BackEndName
  /** Address the app listens on at first; undefined: it is down. */
  readonly app?: '::' | '0.0.0.0' | undefined
  /** Words before the proxy's command. */
  readonly prefix?: StartOptions['prefix']
  readonly supervised?: boolean
}

/** Who answered a caller: what the app says of its peer, or how the caller failed. */
export type Answer = 'proxied' | 'direct' | `failed ${string}`

/** A pod with the real rules and the real proxy in front of an app on 8080, and callers on the node. */
export class ProxiedPod {
  readonly network: PodNetwork
  readonly proxy: Background
  readonly #callers: Background
  readonly #ticketKeyPem: string
  #app: Background | undefined

  static async start (t: ExecutionContext, options: ProxiedPodOptions = {}): Promise<ProxiedPod> {
    const network = await PodNetwork.start(t)
    const { mode = 'iptables' } = options
    const app = 'app' in options ? options.app : '::'
    const running = app === undefined ? undefined : await startApp(network, app)
    const { publicKey, privateKey } = generateKeyPairSync('ed25519')
    const ports = CONFIG.ports.map(port => ({ ...port, redirect: options.redirect ?? 'always' }))
    const env = {
      [INJECTED_ENV.config]: JSON.stringify({ ...CONFIG, mode, ports, ticketKey: writePublicKey(publicKey) }),
      [INJECTED_ENV.podIps]: `${ADDRESSES.pod[4]},${ADDRESSES.pod[6]}`,
      [INJECTED_ENV.podName]: 'payments-1',
      [INJECTED_ENV.podNamespace]: CONFIG.namespace
    }
    if (mode === 'iptables') writeRules(network, env, options.backEnd)
    const script = options.supervised === true ? supervisor : main
    const proxy = await network.start('pod', PROXY_GID, script, options.supervised === true ? [main] : [], {
      env: { ...env, WAYLAY_SHARED_DIR: network.folder, PATH: `${join(process.execPath, '..')}:${process.env['PATH']}` },
      ...options.prefix !== undefined && { prefix: options.prefix }
    })
    const callers = await network.start('node', 0, join(fixtures, 'callers.ts'), [])
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    return new ProxiedPod(network, proxy, callers, pem, running)
  }

  private constructor (
    network: PodNetwork, proxy: Background, callers: Background, ticketKeyPem: string, app: Background | undefined
  ) {
    this.network = network
    this.proxy = proxy
    this.#callers = callers
    this.#ticketKeyPem = ticketKeyPem
    this.#app = app
  }

  /** One new connection with one request. */
  async ask (family: 4 | 6, port = 8080): Promise<Answer> {
    return JSON.parse(await this.#callers.tell(`ask ${ADDRESSES.pod[family]} ${port}`)) as Answer
  }

  /** Opens connections that stay, with one request on each. How many were answered by whom. */
  async open (count: number, family: 4 | 6 = 4, port = 8080): Promise<Readonly<Partial<Record<Answer, number>>>> {
    const line = `open ${ADDRESSES.pod[family]} ${port} ${count}`
    return JSON.parse(await this.#callers.tell(line)) as Partial<Record<Answer, number>>
  }

  /** One more request on each of them. */
  async again (): Promise<Readonly<Partial<Record<Answer, number>>>> {
    return JSON.parse(await this.#callers.tell('again')) as Partial<Record<Answer, number>>
  }

  /** Closes all but so many of them. */
  async close (keep = 0): Promise<void> {
    await this.#callers.tell(`close ${keep}`)
  }

  /** Asks until somebody answers like that. The bound is for a test that would hang; nothing here is about speed. */
  async becomes (t: ExecutionContext, family: 4 | 6, wanted: Answer): Promise<void> {
    const endMs = performance.now() + 20_000
    let last = await this.ask(family)
    while (last !== wanted && performance.now() < endMs) {
      await new Promise(resolve => setTimeout(resolve, 20))
      last = await this.ask(family)
    }
    t.is(last, wanted)
  }

  async startApp (address: '::' | '0.0.0.0' = '::'): Promise<void> {
    this.#app = await startApp(this.network, address)
  }

  async stopApp (): Promise<void> {
    const { child } = this.#app ?? {}
    const exited = new Promise(resolve => child?.once('exit', resolve))
    child?.kill('SIGKILL')
    await exited
  }

  /** A developer whose intercept nobody's request matches: what an on-demand port is redirected for. */
  async startDeveloper (): Promise<Background> {
    return await this.network.start('pod', 1000, join(fixtures, 'developer.ts'), [this.#ticketKeyPem])
  }

  /** A developer who reaches other hosts through the pod: see the fixture. */
  async startReachingDeveloper (consent: 'allow' | 'none'): Promise<Background> {
    const script = join(fixtures, 'reaching-developer.ts')
    return await this.network.start('pod', 1000, script, [this.#ticketKeyPem, consent])
  }

  /** A value of the proxy's metrics, 0 where there is none. `name` is a whole line's begin. */
  metric (name: string): number {
    const line = this.health('/metrics').split('\n').find(line => line.startsWith(name))
    return Number(line?.split(' ').at(-1) ?? 0)
  }

  /** The whole answer of the port for health and metrics. */
  health (path: string): string {
    return this.network.mustRun('pod', 'bash', ['-c',
      `exec 3<>/dev/tcp/127.0.0.1/${PORTS.health}; printf 'GET ${path} HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3`])
  }
}

function writeRules (
  network: PodNetwork, env: Readonly<Record<string, string>>, backEnd: BackEndName | undefined
): void {
  const written = redirect(network, { env, ...backEnd === undefined ? {} : only(backEnd, env) })
  if (!written.stdout.startsWith('redirected')) throw new Error(written.stderr)
}

async function startApp (network: PodNetwork, address: string): Promise<Background> {
  return await network.start('pod', 1000, join(fixtures, 'http-app.ts'), [address, '8080'])
}
