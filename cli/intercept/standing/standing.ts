import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { PORTS } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { describeMatch } from '../../../intercepts/describe-match.ts'
import { isGlobal } from '../../../intercepts/match.ts'
import { interceptName } from '../../../intercepts/name.ts'
import { newIntercept, type Intercept, type InterceptBelonging } from '../../../intercepts/object.ts'
import { writePublicKey } from '../../../intercepts/ticket.ts'
import type { TunnelEvent } from '../../../tunnel/control-messages.ts'
import { followIntercept } from '../../cluster/intercepts.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { followPods, listPods } from '../../cluster/pods.ts'
import { openPortForward } from '../../cluster/port-forward.ts'
import type { ServiceAddress } from '../../cluster/services.ts'
import { readWorkload } from '../../cluster/workloads.ts'
import { machineClock, type StandClock } from '../../clock.ts'
import { checkWay, type WayResult } from '../places/check-way.ts'
import { describeNamedPort, isByName, NO_NAMED_SERVICE, unseenPorts } from '../places/named-port.ts'
import { holdIntercept, type TakeOver } from '../object/hold.ts'
import { createInterceptApi } from '../object/intercept-api.ts'
import type { Place } from '../places/place.ts'
import type { Report, StandingFacts } from '../report/report.ts'
import { SessionPool } from '../session/session-pool.ts'
import { StandingIntercept, type Making, type StandingDeps } from './standing-intercept.ts'
import { TakeOverTurn } from '../object/take-over-turn.ts'
import { warnOfTls } from '../report/tls-text.ts'
import type { Wish } from './wish.ts'
import { WorkloadPods } from './workload-pods.ts'

export type StandingOptions = {
  readonly cluster: Cluster
  readonly report: Report
  readonly hostName: string
  /** Of the environment whose companion this process is. */
  readonly belonging?: InterceptBelonging
  /** An intercept ended by itself after it stood: deleted, taken over, or refused by every pod. */
  readonly onEnded: (intercept: StandingIntercept, error: WaylayError) => void
  readonly onEvent?: (intercept: StandingIntercept, event: TunnelEvent) => void
  readonly clock?: StandClock
}

/** All intercepts of this process: one key pair, and one session to each pod. */
export type Standing = {
  /**
   * Makes these wishes stand, all of them or none, and tells the report. May be called several times.
   *
   * @throws {WaylayError} why one of them cannot stand; nothing of the others is left.
   */
  stand (wishes: readonly Wish[]): Promise<readonly StandingIntercept[]>
  /** Ends all intercepts, whatever has been made so far. Never rejects; the second call waits for the first. */
  stop (): Promise<void>
}

const CHECK_PATIENCE_MS = 3000
// Deleting objects and closing sessions take milliseconds; a cluster that is gone must not hold the terminal.
const STOP_TIMEOUT_MS = 5000

export function createStanding (options: StandingOptions): Standing {
  return new ProcessStanding(options)
}

class ProcessStanding implements Standing {
  readonly #options: StandingOptions
  readonly #deps: StandingDeps
  readonly #clock: StandClock
  readonly #sessionKey: string
  readonly #stopped = new AbortController()
  readonly #intercepts = new Set<StandingIntercept>()
  readonly #workloads = new Map<string, WorkloadPods>()
  #stopping: Promise<void> | undefined

  constructor (options: StandingOptions) {
    const { cluster, report, hostName, clock = machineClock } = options
    const keys = createKeys()
    this.#options = options
    this.#clock = clock
    this.#sessionKey = keys.publicKey
    const pool = new SessionPool({
      openCarrier: async (namespace, pod) => await openPortForward(cluster, namespace, pod, PORTS.tunnel),
      privateKey: keys.privateKey,
      clock,
      onCarrier: (pod, state) => { report.carrier(pod.name, state) },
      random: Math.random
    })
    this.#deps = {
      api: createInterceptApi(cluster, clock),
      pool,
      clock,
      report,
      hostName,
      random: Math.random,
      onEnded: options.onEnded,
      onEvent: options.onEvent
    }
  }

  async stand (wishes: readonly Wish[]): Promise<readonly StandingIntercept[]> {
    const turn = new TakeOverTurn(wishes.length)
    const makings = this.#plan(wishes, turn)
    // Stopped while we were looking: nothing has been made, and from here on nothing is.
    if (this.#stopped.signal.aborted) throw stoppedEarly()
    const intercepts = makings.map(making => new StandingIntercept(making, this.#deps))
    for (const intercept of intercepts) this.#intercepts.add(intercept)
    try {
      for (const intercept of intercepts) this.#follow(intercept)
      const facts = await Promise.all(intercepts.map(async intercept => await this.#findFacts(intercept)))
      this.#tell(intercepts, facts)
      return intercepts
    } catch (error) {
      await Promise.all(intercepts.map(async intercept => { await this.#drop(intercept) }))
      throw error
    }
  }

  async stop (): Promise<void> {
    this.#stopped.abort()
    this.#stopping ??= this.#stopAll()
    await this.#stopping
  }

  async #stopAll (): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const cancel = this.#clock.after(STOP_TIMEOUT_MS, resolve)
    const all = Promise.all([...this.#intercepts].map(async intercept => { await intercept.stop() }))
    await Promise.race([all, late])
    await Promise.race([this.#deps.pool.stop(), late])
    cancel()
  }

  async #drop (intercept: StandingIntercept): Promise<void> {
    await intercept.stop()
    this.#intercepts.delete(intercept)
  }

  /** Looked at before anything is made, so that a mistake in one wish makes nothing. */
  #plan (wishes: readonly Wish[], turn: TakeOverTurn): readonly Making[] {
    for (const [key, pods] of this.#workloads) if (!pods.isFollowed) this.#workloads.delete(key)
    const makings = wishes.map(wish => this.#makingOf(wish, turn))
    const names = makings.map(({ wanted }) => wanted.metadata.name)
    const twice = makings.find(({ wanted }, index) => names.indexOf(wanted.metadata.name) !== index)
    if (twice === undefined) return makings
    const { workload, port, match } = twice.wanted.spec
    throw new WaylayError('WAYLAY_USAGE', `${workload} port ${port} with ${describeMatch(match)} is asked for twice`,
      { hint: 'Each port of the app can lead to one program: --port <developer port>:<app port> once for each.' })
  }

  #makingOf (wish: Wish, turn: TakeOverTurn): Making {
    const { match, place: { workload, port: { port } } } = wish
    const wanted = newIntercept(workload.namespace, interceptName(workload.id, port, match), {
      workload: workload.id,
      port,
      match,
      global: isGlobal(match),
      sessionKey: this.#sessionKey,
      host: this.#options.hostName
    }, this.#options.belonging)
    return { wish, wanted, hold: async isFirst => await this.#hold(wanted, isFirst ? wish : undefined, turn) }
  }

  /** @param wish undefined when it is made ours again after it expired. */
  async #hold (wanted: Intercept, wish: Wish | undefined, turn: TakeOverTurn): Promise<Intercept> {
    const deps = this.#deps.api.holdDeps(wanted)
    if (wish === undefined) return await holdIntercept(wanted, deps)
    const takeOver: TakeOver = wish.takeOver === undefined || wish.takeOver === false
      ? undefined
      : async holder => {
        if (wish.takeOver === 'own' && holder.spec.owner !== await deps.whoAmI()) return false
        if (!await turn.wait()) throw stoppedEarly()
        return true
      }
    try {
      const held = await holdIntercept(wanted, deps, takeOver)
      turn.settle(true)
      return held
    } catch (error) {
      turn.settle(false)
      throw error
    }
  }

  #podsOf ({ workload, listed }: Place): WorkloadPods {
    const { cluster, report } = this.#options
    const key = `${workload.namespace}/${workload.id}`
    const known = this.#workloads.get(key)
    if (known !== undefined) return known
    const pods = new WorkloadPods(workload, listed, {
      list: async asked => await listPods(cluster, asked),
      follow: async (asked, options) => { await followPods(cluster, asked, options) },
      find: async ({ namespace, id }) => await readWorkload(cluster, namespace, id),
      clock: this.#clock,
      onNote: report.note
    }, this.#stopped.signal)
    this.#workloads.set(key, pods)
    return pods
  }

  #follow (intercept: StandingIntercept): void {
    const { signal } = this.#stopped
    intercept.onStop(this.#podsOf(intercept.wish.place).subscribe(pods => { intercept.update(pods) }))
    const following = new AbortController()
    intercept.onStop(() => { following.abort() })
    void intercept.held().then(async object => {
      let isTroubled = false
      await followIntercept(this.#options.cluster, object, {
        signal: AbortSignal.any([signal, following.signal]),
        onChange: seen => {
          isTroubled = false
          intercept.seen(seen)
        },
        onTrouble: error => {
          if (!isTroubled) this.#options.report.note(`Warning: cannot watch the intercept: ${error.message}`)
          isTroubled = true
        }
      })
    }, () => {})
  }

  async #findFacts (intercept: StandingIntercept): Promise<StandingFacts> {
    const { wish: { match, developer, place }, namespace, workload, port, name, label } = intercept
    const [pods, service] = await Promise.all([intercept.stands(), place.service])
    const way = await this.#checkWay(intercept, service)
    return {
      intercept: name,
      label,
      namespace,
      workload,
      port,
      match,
      developer: developer.address,
      pods,
      service: service?.host,
      tls: place.port.tlsSecret !== undefined,
      way: way?.kind ?? 'unchecked',
      warnings: [
        warnOfTls(place.port, service?.appProtocol),
        isByName(place.pods) ? describeNamedPort(workload, unseenPorts(place.pods)) : undefined,
        way !== undefined && (way.kind === 'broken' || way.text === NO_NAMED_SERVICE) ? way.text : undefined
      ].filter(text => text !== undefined)
    }
  }

  /** Undefined: no answer within a time that people wait for; it is told when it comes. */
  async #checkWay (intercept: StandingIntercept, service: ServiceAddress | undefined): Promise<WayResult | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<undefined>()
    const cancel = this.#clock.after(CHECK_PATIENCE_MS, () => { resolve(undefined) })
    const checking = checkWay({
      intercept: intercept.name,
      pods: intercept.openPods.map(pod => ({ pod, address: pod.address })),
      appPort: intercept.port,
      service,
      isByName: isByName(intercept.wish.place.pods),
      check: async (pod, nonce, via) => await intercept.check(pod, nonce, via)
    })
    const result = await Promise.race([checking, late])
    cancel()
    if (result === undefined) {
      void checking.then(({ kind, text }) => { if (kind === 'broken') this.#options.report.note(text) })
    }
    return result
  }

  #tell (intercepts: readonly StandingIntercept[], facts: readonly StandingFacts[]): void {
    const { report } = this.#options
    const notInjected = intercepts.flatMap(({ wish }) => wish.place.notInjected.map(({ metadata }) => metadata.name))
    for (const pod of new Set(notInjected)) {
      report.note(`Warning: waylay is not in pod ${pod}; its requests go to the app. Restart it to have it injected.`)
    }
    report.ready(facts)
    for (const warning of facts.flatMap(({ warnings }) => warnings)) report.note(warning)
  }
}

function createKeys (): { readonly publicKey: string, readonly privateKey: KeyObject } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return { publicKey: writePublicKey(publicKey), privateKey }
}

/** Whoever stopped it knows why, and tells. */
function stoppedEarly (): WaylayError {
  return new WaylayError('WAYLAY_TUNNEL_FAILED', 'The intercept was stopped before it stood')
}
