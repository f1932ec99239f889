import http from 'node:http'
import https from 'node:https'
import { isIP, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls, rootCertificates, type SecureContextOptions } from 'node:tls'
import { WaylayError } from '../../common/errors.ts'

/** How a proxy with TLS of its own is checked. */
export type ProxyTrust = Pick<SecureContextOptions, 'ca'> & { readonly rejectUnauthorized?: boolean }

const DIAL_TIMEOUT_MS = 10_000

/** Connections through a proxy, kept for later requests as any agent does; TLS to the server runs inside of them. */
export function createProxiedAgent (proxy: URL, isTls: boolean, options: https.AgentOptions): http.Agent {
  const trust: ProxyTrust = {
    // Beside the cluster's own authority, which kubectl asks for proxies as well.
    ...(options.ca !== undefined && { ca: [...rootCertificates, ...[options.ca].flat()] }),
    ...(options.rejectUnauthorized !== undefined && { rejectUnauthorized: options.rejectUnauthorized })
  }
  const dial = async (host: string, port: number): Promise<Socket> => proxy.protocol.startsWith('socks')
    ? await dialSocks(proxy, host, port)
    : await dialConnect(proxy, trust, host, port)
  return isTls ? new ProxiedTlsAgent(dial, options) : new ProxiedAgent(dial, options)
}

type Dial = (host: string, port: number) => Promise<Socket>
type Done = (error: Error | null, socket: Duplex) => void

class ProxiedTlsAgent extends https.Agent {
  readonly #dial: Dial

  constructor (dial: Dial, options: https.AgentOptions) {
    super(options)
    this.#dial = dial
  }

  override createConnection (options: https.RequestOptions, done?: Done): undefined {
    this.#dial(options.host ?? '', Number(options.port)).then(
      socket => { done?.(null, connectTls({ ...options as object, socket })) },
      (error: Error) => { done?.(error, undefined as never) })
  }
}

class ProxiedAgent extends http.Agent {
  readonly #dial: Dial

  constructor (dial: Dial, options: http.AgentOptions) {
    super(options)
    this.#dial = dial
  }

  override createConnection (options: http.ClientRequestArgs, done?: Done): undefined {
    this.#dial(options.host ?? '', Number(options.port)).then(
      socket => { done?.(null, socket) },
      (error: Error) => { done?.(error, undefined as never) })
  }
}

/** CONNECT, with the user and password of the URL. */
async function dialConnect (proxy: URL, trust: ProxyTrust, host: string, port: number): Promise<Socket> {
  const where = `${isIP(host) === 6 ? `[${host}]` : host}:${port}`
  const { promise, resolve, reject } = Promise.withResolvers<Socket>()
  const { hostname, isTls } = readPlace(proxy)
  const request = (isTls ? https : http).request({
    method: 'CONNECT',
    host: hostname,
    port: proxy.port || (isTls ? 443 : 80),
    path: where,
    agent: false,
    headers: { host: where, ...(credentialsOf(proxy) !== undefined && { 'proxy-authorization': credentialsOf(proxy) }) },
    // Else Node takes the name from the Host header, which is the server's.
    ...(isTls && { ...trust, servername: isIP(hostname) === 0 ? hostname : '' })
  })
  const timer = setTimeout(() => { request.destroy(new Error('no answer')) }, DIAL_TIMEOUT_MS)
  request.once('connect', (answer, socket, head) => {
    if (answer.statusCode !== 200) {
      socket.destroy()
      return reject(refusedBy(proxy, where, answer))
    }
    if (head.length > 0) socket.unshift(head)
    socket.setNoDelay(true)
    resolve(socket)
  })
  // A proxy that answers CONNECT as if it were GET.
  request.once('response', answer => {
    answer.destroy()
    reject(refusedBy(proxy, where, answer))
  })
  request.once('error', error => { reject(unreachable(proxy, error)) })
  request.end()
  return await promise.finally(() => { clearTimeout(timer) })
}

/** The names of servers are the proxy's to resolve: behind it they may be others than here. */
async function dialSocks (proxy: URL, host: string, port: number): Promise<Socket> {
  const { SocksClient } = await import('socks')
  const { hostname } = readPlace(proxy)
  try {
    const { socket } = await SocksClient.createConnection({
      command: 'connect',
      destination: { host, port },
      timeout: DIAL_TIMEOUT_MS,
      set_tcp_nodelay: true,
      proxy: {
        host: hostname,
        port: Number(proxy.port || 1080),
        type: 5,
        ...(proxy.username !== '' && {
          userId: decodeURIComponent(proxy.username), password: decodeURIComponent(proxy.password)
        })
      }
    })
    return socket
  } catch (error) {
    throw unreachable(proxy, error)
  }
}

function readPlace (proxy: URL): { readonly hostname: string, readonly isTls: boolean } {
  return { hostname: proxy.hostname.replace(/^\[|\]$/g, ''), isTls: proxy.protocol === 'https:' }
}

function credentialsOf ({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined
  return `Basic ${Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64')}`
}

function refusedBy (proxy: URL, where: string, { statusCode, statusMessage }: http.IncomingMessage): WaylayError {
  const hint = statusCode === 407
    ? 'It wants to know who you are: put user and password into its URL, http://user:password@host:port.'
    : 'Ask who runs it to allow CONNECT to that host and port, or name the host in NO_PROXY.'
  return new WaylayError('WAYLAY_PROXY',
    `The proxy ${nameOf(proxy)} refused a connection to ${where}: ${[statusCode, statusMessage].join(' ').trim()}`, { hint })
}

function unreachable (proxy: URL, cause: unknown): WaylayError {
  const { code, message } = cause as NodeJS.ErrnoException
  return new WaylayError('WAYLAY_PROXY', `Cannot reach the cluster through the proxy ${nameOf(proxy)}: ${code ?? message}`, { cause })
}

/** Without user and password. */
function nameOf ({ protocol, host }: URL): string {
  return `${protocol}//${host}`
}
