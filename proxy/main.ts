import type { Server, Socket } from 'node:net'
import { PORTS } from '../common/contract.ts'
import { toWaylayError } from '../common/errors.ts'
import { createLogger, type Logger } from '../common/log.ts'
import type { Family } from './app-dial.ts'
import { dialApp } from './app-dial.ts'
import { serveAppPort } from './app-port.ts'
import { createBeat, createLoopbackSender } from './beat.ts'
import { countBypassing } from './bypassing.ts'
import { readConfig, type Config } from './config.ts'
import { Descriptors } from './descriptors.ts'
import { standInForDetour } from './detour.ts'
import { drain } from './drain.ts'
import { startLife } from './life.ts'
import { findMemoryStrain, readMemoryMarks } from './memory.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { serveMetrics } from './metrics-server.ts'
import { createNoSwitch, type Switch } from './no-switch.ts'
import { nodeHttp } from './node-modules.ts'
import { RouteTable } from './routes.ts'
import { readTlsPorts } from './tls/read-tls-ports.ts'
import { StreamBudget } from './stream-budget.ts'
import { listenForCarriers } from './tunnel-server.ts'
import { createVerdict, type RedirectState, type Verdict } from './verdict.ts'

/** The sidecar. Whatever fails here, the kernel leads callers to the app: nothing is armed until all of it stands. */
async function main (): Promise<void> {
  const lifeFd = Number(process.env['WAYLAY_LIFE_FD'])
  startLife(Number.isInteger(lifeFd) && lifeFd > 2 ? lifeFd : undefined)
  const config = readConfig(process.env)
  const log = createLogger('proxy', config.logLevel)
  const budget = new StreamBudget()
  const live = { redirects: (): readonly RedirectState[] => [] }
  const metrics = createMetrics({ waylay_streams: () => budget.open }, () => live.redirects())
  const descriptors = new Descriptors()
  const verdict = makeSwitch(config, { descriptors, metrics, log })
  // Without rules in the pod nothing is led anywhere, whatever is beaten.
  live.redirects = () => verdict.redirects.map(state => ({ ...state, armed: state.armed && config.redirected }))
  // A bug of ours must not hold a caller: the supervisor starts us again.
  process.on('uncaughtException', err => {
    verdict.stop()
    log.error({ event: 'proxy.crashed', err }, 'uncaught exception')
    process.exit(1)
  })
  let isStopping = false
  const isOnlyWay = config.mode === 'named-port'
  const servers = await serve({ config, verdict, log, metrics, descriptors, budget })
  serveMetrics(PORTS.health, metrics, log, () => isStopping && isOnlyWay)
  if (!config.isInTheWay) standIn(config, log)
  const tick = (): void => {
    setTimeout(tick, verdict.tick())
  }
  tick()
  const { workload, mode, redirected } = config
  log.info({ event: 'proxy.started', workload, mode, redirected }, 'proxy started')
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      isStopping = true
      verdict.stop()
      log.info({ event: 'proxy.stopping', signal }, 'draining')
      void drain(servers, isOnlyWay).then(() => process.exit(0))
    })
  }
}

type VerdictDeps = { readonly descriptors: Descriptors, readonly metrics: Metrics, readonly log: Logger }

function makeSwitch (config: Config, deps: VerdictDeps): Switch {
  if (config.mode === 'iptables') return makeVerdict(config, deps)
  return createNoSwitch(reason => deps.metrics.overload.inc({ reason }))
}

function makeVerdict (config: Config, { descriptors, metrics, log }: VerdictDeps): Verdict {
  const { send } = createLoopbackSender()
  const families = [...new Set(config.podIps.map((address): Family => address.includes(':') ? 6 : 4))]
  const memoryMarks = readMemoryMarks()
  const addressOf = (family: Family): string => config.podIps.find(ip => ip.includes(':') === (family === 6)) ?? ''
  const verdict: Verdict = createVerdict({
    ports: config.ports,
    families,
    beat: createBeat({ ports: config.ports, families, send }),
    nowMs: () => performance.now(),
    probeApp: (port, family) => {
      const socket = dialApp({
        address: addressOf(family),
        port,
        sources: [],
        onResult: ({ errorCode }) => {
          socket.destroy()
          if (errorCode === undefined) verdict.dialSucceeded(port, family)
          else verdict.dialFailed(port, family, errorCode)
        }
      })
      limit(socket)
    },
    findStrain: () => descriptors.isStrained() ? 'descriptors' : findMemoryStrain(memoryMarks),
    onOverload: reason => {
      metrics.overload.inc({ reason })
      log.warn({ event: 'proxy.overloaded', reason }, 'disarmed: new connections reach the app directly')
    },
    selfTest: () => {
      // An answer, because the kernel connects by itself: only it says that we accepted.
      const request = nodeHttp().get({ host: '127.0.0.1', port: PORTS.health, path: '/healthz', agent: false, timeout: DIAL_LIMIT_MS })
      request.once('response', response => {
        response.resume()
        verdict.selfTestSucceeded()
      })
      request.once('timeout', () => request.destroy())
      request.once('error', (error: NodeJS.ErrnoException) => verdict.acceptFailed(error.code ?? 'UNKNOWN'))
    }
  })
  return verdict
}

/** A dial that nobody answers tells nothing; others follow it, and they must not pile up. */
function limit (socket: Socket): Socket {
  return socket.setTimeout(DIAL_LIMIT_MS, () => socket.destroy())
}

const DIAL_LIMIT_MS = 1000

type ServeDeps = {
  readonly config: Config
  readonly verdict: Switch
  readonly log: Logger
  readonly metrics: Metrics
  readonly descriptors: Descriptors
  readonly budget: StreamBudget
}

/** Every listener of the sidecar; callers' first. */
async function serve ({
  config, verdict, log, metrics, descriptors, budget
}: ServeDeps): Promise<readonly Server[]> {
  const routes = new RouteTable((port, wanted) => {
    const isAlways = config.ports.some(appPort => appPort.port === port && appPort.redirect === 'always')
    if (!isAlways) verdict.setWanted(port, wanted)
  })
  const tlsPorts = await readTlsPorts(config.ports, config.tlsDir, log)
  const servers = await Promise.all(config.ports.map(async appPort => await serveAppPort(appPort, {
    routes,
    metrics,
    pod: config.pod,
    useSources: config.redirected,
    forwardedFor: config.forwardedFor,
    onDial: ({ port, family, errorCode }) => {
      if (errorCode === undefined) verdict.dialSucceeded(port, family)
      else verdict.dialFailed(port, family, errorCode)
    },
    onAccept: accepted => {
      if ('errorCode' in accepted) verdict.acceptFailed(accepted.errorCode)
      else if (descriptors.isPast(accepted.caller)) verdict.overloaded('descriptors')
    },
    log,
    tls: tlsPorts.get(appPort.port)
  })))
  await listenForCarriers({
    identity: {
      namespace: config.namespace,
      pod: config.pod,
      workload: config.workload,
      // Asked again for each session: a Secret may come later.
      ports: () => config.ports.map(({ port }) =>
        ({ port, redirected: config.isInTheWay, ...tlsPorts.get(port)?.state }))
    },
    ticketKey: config.ticketPublicKey,
    routes,
    // Callers who came by number stay: they are none who would come to us with their next connection.
    countBypassing: config.mode === 'named-port' ? async () => 0 : countBypassing,
    now: Date.now,
    log,
    budget,
    counts: metrics.sessions
  })
  return servers
}

function standIn (config: Config, log: Logger): void {
  log.warn({ event: 'proxy.not-redirected' }, 'waylay-init wrote no rules: requests reach the app directly')
  for (const detour of config.detours) standInForDetour(detour, config.podIps)
}

main().catch((error: unknown) => {
  const { code, message, hint } = toWaylayError(error)
  createLogger('proxy', 'info').error({ event: 'proxy.failed', code, hint }, message)
  // Listeners that stand already would keep a proxy alive that never arms; the supervisor starts a new one.
  process.exit(1)
})
