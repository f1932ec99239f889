import http from 'node:http'
import https from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import { WaylayError } from '../../common/errors.ts'
import { machineClock, type ServerClock } from '../../intercepts/server-clock.ts'

/** The three flags every command takes, as kubectl has them. */
export type ClusterFlags = {
  readonly context?: string
  readonly namespace?: string
  readonly kubeconfig?: string
}

/** What one request to the API server needs beside its path. */
export type Access = {
  readonly agent: http.Agent
  readonly headers: Readonly<Record<string, string>>
}

/** One cluster as one kubeconfig context sees it. */
export type Cluster = {
  readonly server: URL
  readonly context: string
  readonly namespace: string
  /** Fed by every answer of the API server. */
  readonly clock: ServerClock
  /** The API server's clock, ms since the epoch. After a sleep of the machine it is right from the next answer on. */
  serverNowMs (): number
  /** Credentials of this moment: an exec plugin or a token file may give others an hour later. */
  access (): Promise<Access>
  /** Ends idle connections, so that the process can end. */
  close (): void
}

/**
 * Reads the kubeconfig and chooses the context.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER` naming the file, the context or the server that is wrong.
 */
export function openCluster (flags: ClusterFlags): Cluster {
  const config = loadConfig(flags.kubeconfig)
  if (flags.context !== undefined) config.setCurrentContext(flags.context)
  const name = config.getCurrentContext()
  const context = config.getContextObject(name)
  if (context === null) throw unknownContext(config, name)
  const cluster = config.getCurrentCluster()
  if (cluster === null) throw noCluster(`Context "${name}" names the cluster "${context.cluster}", which the kubeconfig does not hold`)
  const agents = createAgents(config, cluster.proxyUrl !== undefined)
  const clock = machineClock()
  return {
    server: readServer(cluster.server),
    context: name,
    namespace: flags.namespace ?? context.namespace ?? 'default',
    clock,
    serverNowMs: () => clock.nowMs(),
    access: async () => await agents.access(),
    close: () => { agents.close() }
  }
}

function loadConfig (file: string | undefined): KubeConfig {
  const config = new KubeConfig()
  try {
    if (file === undefined) config.loadFromDefault()
    else config.loadFromFile(file)
  } catch (cause) {
    const text = cause instanceof Error ? cause.message : String(cause)
    throw noCluster(`Cannot read the kubeconfig${file === undefined ? '' : ` ${file}`}: ${text}`, cause)
  }
  // What the library invents where it found nothing at all: an address nobody ever meant.
  if (config.getCurrentContext() === 'loaded-context' && config.getCurrentCluster()?.server === 'http://localhost:8080') {
    throw new WaylayError('WAYLAY_NO_CLUSTER', 'There is no kubeconfig: KUBECONFIG is not set and ~/.kube/config does not exist',
      { hint: 'Name one: --kubeconfig <file>' })
  }
  return config
}

function readServer (server: string): URL {
  try {
    return new URL(server)
  } catch (cause) {
    throw noCluster(`The kubeconfig's server "${server}" is not a URL`, cause)
  }
}

function unknownContext (config: KubeConfig, name: string): WaylayError {
  const known = config.getContexts().map(context => context.name)
  if (!name) return noCluster(`The kubeconfig has no current context; it holds: ${known.join(', ') || 'none'}`)
  return new WaylayError('WAYLAY_NO_CLUSTER', `The kubeconfig has no context "${name}"; it holds: ${known.join(', ') || 'none'}`,
    { hint: 'List them with: kubectl config get-contexts' })
}

function noCluster (message: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_NO_CLUSTER', message, { cause })
}

/** One agent for all requests, so that connections and TLS sessions are used again; another when credentials change. */
function createAgents (config: KubeConfig, behindProxy: boolean) {
  let current: { readonly key: string, readonly agent: http.Agent } | undefined
  return {
    async access (): Promise<Access> {
      const options: https.RequestOptions = {}
      try {
        await config.applyToHTTPSOptions(options)
      } catch (cause) {
        const text = cause instanceof Error ? cause.message : String(cause)
        throw noCluster(`The credentials of context "${config.getCurrentContext()}" cannot be used: ${text.trim()}`, cause)
      }
      const key = JSON.stringify([options.cert, options.key, options.ca, options.servername].map(String))
      if (current?.key !== key) current = { key, agent: chooseAgent(config, options, behindProxy) }
      return { agent: current.agent, headers: readHeaders(options) }
    },
    close: () => { current?.agent.destroy() }
  }
}

function chooseAgent (config: KubeConfig, options: https.RequestOptions, behindProxy: boolean): http.Agent {
  if (behindProxy) return options.agent as http.Agent
  if (config.getCurrentCluster()?.server.startsWith('http:')) return new http.Agent({ keepAlive: true })
  const { ca, cert, key, pfx, passphrase, servername, rejectUnauthorized } = options
  const given = Object.entries({ ca, cert, key, pfx, passphrase, servername, rejectUnauthorized })
    .filter(([, value]) => value !== undefined)
  return new https.Agent({ keepAlive: true, ...Object.fromEntries(given) })
}

function readHeaders (options: https.RequestOptions): Record<string, string> {
  const headers = Object.fromEntries(
    Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]))
  if (typeof options.auth === 'string') {
    headers['Authorization'] = `Basic ${Buffer.from(options.auth).toString('base64')}`
  }
  return headers
}
