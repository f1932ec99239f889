import { createHash } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import { WaylayError } from '../../common/errors.ts'
import { machineClock, type ServerClock } from '../../intercepts/server-clock.ts'
import { chooseProxy } from './choose-proxy.ts'
import { openCredentials, type Credential, type Credentials } from './credentials.ts'
import { environmentConfig } from './environment-config.ts'
import { inClusterConfig } from './in-cluster.ts'
import { loadKubeconfig, type ClusterEntry, type ContextEntry, type Kubeconfig, type Place } from './kubeconfig-file.ts'
import { createProxiedAgent } from './proxied-agent.ts'
import { readTls } from './tls-options.ts'

/** The flags every command takes, as kubectl has them. */
export type ClusterFlags = {
  readonly context?: string
  readonly namespace?: string
  readonly kubeconfig?: string
}

/** What one request to the API server needs beside its path. */
export type Access = {
  readonly agent: http.Agent
  readonly headers: Readonly<Record<string, string | string[]>>
  /** Tells these credentials from others, and nothing of them. */
  readonly id: string
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
  /**
   * Credentials of this moment: an exec plugin or a token file may give others an hour later.
   *
   * @param refused those that the API server has just answered with 401.
   * @throws {WaylayError} `WAYLAY_CREDENTIALS`
   */
  access (refused?: Access): Promise<Access>
  /** Ends idle connections, so that the process can end. */
  close (): void
}

/**
 * Reads the kubeconfig as kubectl does and chooses the context; variables of ours win over it, and inside of a pod
 * without one it is the service account.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER` naming the file, the context or the server that is wrong;
 *   `WAYLAY_CREDENTIALS`, `WAYLAY_PROXY` where those cannot be used.
 */
export function openCluster (flags: ClusterFlags, place: Place): Cluster {
  const { config, name, context, entry } = readContext(flags, place)
  const server = readServer(entry.server ?? '')
  const credentials = openCredentials(findUser(config, name, context), entry, place)
  const proxy = chooseProxy(server, entry['proxy-url'], place.env)
  const trust = server.protocol === 'https:' ? readTls(entry) : {}
  const agents = createAgents(credentials, identity => createAgent(server, proxy, { ...trust, ...identity }))
  const clock = machineClock()
  return {
    server,
    context: name,
    namespace: flags.namespace ?? (context.namespace || 'default'),
    clock,
    serverNowMs: () => clock.nowMs(),
    access: agents.access,
    close: agents.close
  }
}

/**
 * The context that the flags mean, and its cluster as it is written.
 *
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER`
 */
export function readContext (flags: ClusterFlags, place: Place) {
  const config = loadConfig(flags, place)
  const name = flags.context ?? config.currentContext
  const context = config.contexts.get(name)
  if (context === undefined) throw unknownContext(config, name)
  return { config, name, context, entry: findCluster(config, name, context) }
}

/** Flags, then our own variables, then the files that kubectl reads, then what a pod has of its own. */
function loadConfig ({ kubeconfig: file, context }: ClusterFlags, place: Place): Kubeconfig {
  const given = file === undefined ? environmentConfig(place, context !== undefined) : undefined
  const config = given ?? loadKubeconfig(file, place) ?? inClusterConfig(place)
  if (config !== undefined) return config
  throw new WaylayError('WAYLAY_NO_CLUSTER',
    place.env['KUBECONFIG']
      ? `There is no kubeconfig: KUBECONFIG names ${place.env['KUBECONFIG']}, which does not exist`
      : 'There is no kubeconfig: KUBECONFIG is not set and ~/.kube/config does not exist',
    { hint: 'Name one: --kubeconfig <file>. A job may have WAYLAY_SERVER and WAYLAY_TOKEN instead.' })
}

function findCluster (config: Kubeconfig, name: string, { cluster = '' }: ContextEntry): ClusterEntry {
  const entry = config.clusters.get(cluster)
  if (entry !== undefined) return entry
  throw noCluster(`Context "${name}" names the cluster "${cluster}", which the kubeconfig does not hold`)
}

function findUser (config: Kubeconfig, name: string, { user = '' }: ContextEntry) {
  const entry = config.users.get(user)
  // No user at all is anonymous, for kubectl too.
  if (entry !== undefined || user === '') return entry ?? {}
  throw noCluster(`Context "${name}" names the user "${user}", whom the kubeconfig does not hold`)
}

function readServer (server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  // `10.0.0.1:6443` is what kubectl takes for http.
  const plain = /^[\w.-]+(:\d+)?$/.test(server) ? `http://${server}` : ''
  if (URL.canParse(plain)) return new URL(plain)
  throw noCluster(`The kubeconfig's server "${server}" is not a URL`)
}

function unknownContext (config: Kubeconfig, name: string): WaylayError {
  const known = [...config.contexts.keys()].join(', ') || 'none'
  if (!name) return noCluster(`The kubeconfig has no current context; it holds: ${known}`)
  return new WaylayError('WAYLAY_NO_CLUSTER', `The kubeconfig has no context "${name}"; it holds: ${known}`,
    { hint: 'List them with: kubectl config get-contexts' })
}

function noCluster (message: string): WaylayError {
  return new WaylayError('WAYLAY_NO_CLUSTER', message)
}

function createAgent (server: URL, proxy: URL | undefined, tls: https.AgentOptions): http.Agent {
  const isTls = server.protocol === 'https:'
  const options = { ...tls, keepAlive: true }
  if (proxy !== undefined) return createProxiedAgent(proxy, isTls, options)
  return isTls ? new https.Agent(options) : new http.Agent({ keepAlive: true })
}

/** One agent for all requests, so that connections are used again; another when certificates change. */
function createAgents (
  credentials: Credentials, create: (identity: https.AgentOptions) => http.Agent
): Pick<Cluster, 'access' | 'close'> {
  let current: { readonly id: string, readonly agent: http.Agent } | undefined
  const agentFor = ({ cert, key }: Credential): http.Agent => {
    const id = idOf(cert, key)
    if (current?.id === id) return current.agent
    // What is under way on the former goes on; its idle connections end by themselves.
    current = { id, agent: create({ ...(cert !== undefined && { cert }), ...(key !== undefined && { key }) }) }
    return current.agent
  }
  const access = async (): Promise<Access> => {
    const credential = await credentials.current()
    return {
      agent: agentFor(credential),
      headers: credential.headers,
      id: idOf(credential.cert, credential.key, JSON.stringify(credential.headers))
    }
  }
  return {
    async access (refused) {
      const now = await access()
      if (refused?.id !== now.id) return now
      // Another request may have had the same answer and asked the plugin already.
      credentials.refused()
      return await access()
    },
    close: () => { current?.agent.destroy() }
  }
}

function idOf (...parts: readonly (Buffer | string | undefined)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part?.length ?? -1}:`).update(part ?? '')
  return hash.digest('base64')
}
