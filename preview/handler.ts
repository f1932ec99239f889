import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { assertNever } from '../common/assert-never.ts'
import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { Field } from '../browse/fields.ts'
import { appAddress } from '../browse/app-address.ts'
import { appFields } from './app-fields.ts'
import type { Hold } from './connections.ts'
import { writeToken } from './cookie.ts'
import { decide, type Decision, type DecideDeps, type Reason } from './decide.ts'
import type { Destination } from './destination.ts'
import { forward, type Outgoing } from './forward.ts'
import type { Link } from './links.ts'
import { OWN_HEADERS, writePage } from './pages.ts'
import { createPlaces, type Places, type PlacesOptions } from './places.ts'
import { hasBody, readFields, readVisit, type AnyRequest } from './request.ts'
import { abort, writeWhole, type AnyResponse } from './response.ts'
import { endWith, forwardUpgrade } from './upgrade.ts'

/** What requests need from outside. Tests pass plain functions; only main.ts passes the real ones. */
export type HandlerDeps = DecideDeps & {
  /** Where a link's Service leads now; undefined where it may not be shown. Rejects when it cannot be asked. */
  readonly findDestination: (link: Link) => Promise<Destination | undefined>
  /** Whether what we know of the cluster is too old to let anybody in. */
  readonly isBlind: () => boolean
  readonly isBehindIngress: boolean
  readonly nowMs: () => number
  /** How often a request that takes long is compared with its link. */
  readonly recheckMs?: number
  readonly count: (result: Decision['kind'] | Reason) => void
  readonly log: Logger
}

/** On their way to apps at a time, WebSockets included. One browser asks for 100 at once. */
const LIMITS: PlacesOptions = { max: 512, maxOfLink: 128 }
const RECHECK_MS = 2000

/** Never rejects. Holds the connection as long as its request has a place. */
export type Handler = {
  readonly onRequest: (req: AnyRequest, res: AnyResponse, hold: Hold) => Promise<void>
  readonly onUpgrade: (req: IncomingMessage, socket: Duplex, head: Buffer, hold: Hold) => Promise<void>
  /** On their way now. */
  readonly active: () => number
}

/** What was decided; a place is taken for what is forwarded. */
type Chosen = { readonly decision: Decision, readonly leave: () => void }

export function createHandler (deps: HandlerDeps, limits = LIMITS): Handler {
  const places = createPlaces(limits)
  const choose = (req: AnyRequest, fields: readonly Field[], isUpgrade: boolean): Chosen => {
    const chosen = choosePlace(decide(readVisit(req, fields, isUpgrade), deps), places, deps)
    deps.count(chosen.decision.kind === 'page' ? chosen.decision.reason : chosen.decision.kind)
    return chosen
  }
  return {
    onRequest: async (req, res, hold) => {
      let [leave, letGo] = [(): void => {}, (): void => {}]
      try {
        const fields = readFields(req)
        const chosen = choose(req, fields, false)
        leave = chosen.leave
        if (chosen.decision.kind === 'forward') letGo = hold(req.socket)
        await answer(req, res, fields, chosen.decision, deps)
      } catch (error) {
        tellBug(error, deps)
        abort(res)
      } finally {
        leave()
        letGo()
      }
    },
    onUpgrade: async (req, socket, head, hold) => {
      // A connection that breaks is the end of it, and of nothing else.
      socket.on('error', () => {})
      let [leave, letGo] = [(): void => {}, (): void => {}]
      try {
        const fields = readFields(req)
        const chosen = choose(req, fields, true)
        leave = chosen.leave
        if (chosen.decision.kind === 'forward') letGo = hold(req.socket)
        const reason = await answerUpgrade({ req, socket, head }, fields, chosen.decision, deps)
        if (reason !== undefined) endWith(socket, writePage(reason, ''))
      } catch (error) {
        tellBug(error, deps)
        socket.destroy()
      } finally {
        leave()
        letGo()
      }
    },
    active: places.taken
  }
}

/** Before anything is waited for: whoever comes meanwhile must find the place taken. */
function choosePlace (decision: Decision, places: Places, { isBlind }: HandlerDeps): Chosen {
  const page = (reason: Reason): Chosen => ({ decision: { kind: 'page', reason }, leave: () => {} })
  if (decision.kind !== 'page' && isBlind()) return page('blind')
  if (decision.kind !== 'forward') return { decision, leave: () => {} }
  const leave = places.take(decision.link.name)
  return leave === undefined ? page('busy') : { decision, leave }
}

type Upgrade = { readonly req: IncomingMessage, readonly socket: Duplex, readonly head: Buffer }

/** Returns why it cannot be had; undefined when it was. */
async function answerUpgrade (
  { req, socket, head }: Upgrade, fields: readonly Field[], decision: Decision, deps: HandlerDeps
): Promise<Reason | undefined> {
  if (decision.kind === 'page') return decision.reason
  if (decision.kind !== 'forward') return 'method'
  const outgoing = await prepare(req, fields, decision, deps)
  if (typeof outgoing === 'string') return outgoing
  const end = (): void => { socket.destroy() }
  const result = await whileLive(
    decision.token, end, deps, async () => await forwardUpgrade(req, socket, head, outgoing))
  return result === 'unreachable' ? result : undefined
}

/** Ends what takes long, a WebSocket or a stream of events, when its link does or when nobody knows whether it did. */
async function whileLive<T> (token: string, end: () => void, deps: HandlerDeps, work: () => Promise<T>): Promise<T> {
  const look = (): void => { if (deps.isBlind() || deps.find(token).kind !== 'live') end() }
  const timer = setInterval(look, deps.recheckMs ?? RECHECK_MS)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

function tellBug (error: unknown, { log }: HandlerDeps): void {
  log.error({ event: 'preview.failed', err: toWaylayError(error) }, 'request failed')
}

async function answer (
  req: AnyRequest,
  res: AnyResponse,
  fields: readonly Field[],
  decision: Decision,
  deps: HandlerDeps
): Promise<void> {
  switch (decision.kind) {
    case 'page': return showPage(req, res, decision.reason)
    case 'swap': return redirect(res, decision.location)
    case 'enter': {
      const { token, location, link } = decision
      deps.log.info({ event: 'preview.entered', preview: link.name, namespace: link.namespace, service: link.service }, 'link opened')
      return redirect(res, location, writeToken(token, link.endMs - deps.nowMs()))
    }
    case 'forward': {
      const outgoing = await prepare(req, fields, decision, deps)
      if (typeof outgoing === 'string') return showPage(req, res, outgoing)
      const result = await whileLive(
        decision.token, () => abort(res), deps, async () => await forward(req, res, outgoing))
      if (result === 'unreachable') showPage(req, res, 'unreachable')
      // A second status line would corrupt what is already on its way.
      if (result === 'broken') abort(res)
      return
    }
    default: return assertNever(decision)
  }
}

async function prepare (
  req: AnyRequest, fields: readonly Field[], { link, origin }: Extract<Decision, { kind: 'forward' }>, deps: HandlerDeps
): Promise<Outgoing | Reason> {
  let destination: Destination | undefined
  try {
    destination = await deps.findDestination(link)
  } catch (error) {
    const { namespace, service } = link
    deps.log.warn({ event: 'preview.service', namespace, service, err: error }, 'Service not read')
    return 'blind'
  }
  if (destination === undefined) return 'unfit'
  const { service, namespace, port } = link
  const { host, otherPorts } = destination
  const app = appAddress({ service, namespace, port, tls: false, otherPorts, otherNames: [host] })
  const mapping = { preview: origin, app }
  const { isBehindIngress } = deps
  const peer = req.socket.remoteAddress
  const options = { mapping, link, peer, isBehindIngress, hasBody: hasBody(req) }
  return { destination, mapping, link, fields: appFields(fields, options) }
}

function showPage (req: AnyRequest, res: AnyResponse, reason: Reason): void {
  const { status, headers, body } = writePage(reason, String(req.headers.accept ?? ''))
  writeWhole(res, status, headers, req.method === 'HEAD' ? undefined : body)
}

function redirect (res: AnyResponse, location: string, cookie?: string): void {
  writeWhole(res, 303, { ...OWN_HEADERS, location, ...(cookie !== undefined && { 'set-cookie': cookie }) })
}
