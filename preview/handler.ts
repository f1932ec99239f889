import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { assertNever } from '../common/assert-never.ts'
import { toWaylayError } from '../common/errors.ts'
import type { Logger } from '../common/log.ts'
import type { Field } from '../browse/fields.ts'
import { appAddress } from '../browse/app-address.ts'
import { appFields } from './app-fields.ts'
import { writeToken } from './cookie.ts'
import { decide, type Decision, type DecideDeps, type Reason } from './decide.ts'
import type { Destination } from './destination.ts'
import { forward, type Outgoing } from './forward.ts'
import type { Link } from './links.ts'
import { OWN_HEADERS, writePage } from './pages.ts'
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

/** On their way to apps at a time, WebSockets included. */
const MAX_FORWARDED = 512
const RECHECK_MS = 2000

export type Handler = {
  /** Never rejects. */
  readonly onRequest: (req: AnyRequest, res: AnyResponse) => Promise<void>
  readonly onUpgrade: (req: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>
  /** On their way now. */
  readonly active: () => number
}

export function createHandler (deps: HandlerDeps, maxForwarded = MAX_FORWARDED): Handler {
  let active = 0
  const choose = (req: AnyRequest, fields: readonly Field[], isUpgrade: boolean): Decision => {
    const decision = decide(readVisit(req, fields, isUpgrade), deps)
    if (decision.kind === 'page') return decision
    if (deps.isBlind()) return { kind: 'page', reason: 'blind' }
    return decision.kind === 'forward' && active >= maxForwarded ? { kind: 'page', reason: 'busy' } : decision
  }
  const counted: Counted = async work => {
    active++
    try {
      return await work()
    } finally {
      active--
    }
  }
  return {
    onRequest: async (req, res) => {
      try {
        const fields = readFields(req)
        const decision = choose(req, fields, false)
        deps.count(decision.kind === 'page' ? decision.reason : decision.kind)
        await answer(req, res, fields, decision, deps, counted)
      } catch (error) {
        tellBug(error, deps)
        abort(res)
      }
    },
    onUpgrade: async (req, socket, head) => {
      // A connection that breaks is the end of it, and of nothing else.
      socket.on('error', () => {})
      try {
        const fields = readFields(req)
        const decision = choose(req, fields, true)
        deps.count(decision.kind === 'page' ? decision.reason : decision.kind)
        const reason = await answerUpgrade({ req, socket, head }, fields, decision, deps, counted)
        if (reason !== undefined) endWith(socket, writePage(reason, ''))
      } catch (error) {
        tellBug(error, deps)
        socket.destroy()
      }
    },
    active: () => active
  }
}

type Counted = <T>(work: () => Promise<T>) => Promise<T>
type Upgrade = { readonly req: IncomingMessage, readonly socket: Duplex, readonly head: Buffer }

/** Returns why it cannot be had; undefined when it was. */
async function answerUpgrade (
  { req, socket, head }: Upgrade, fields: readonly Field[], decision: Decision, deps: HandlerDeps, counted: Counted
): Promise<Reason | undefined> {
  if (decision.kind === 'page') return decision.reason
  if (decision.kind !== 'forward') return 'method'
  const outgoing = await prepare(req, fields, decision, deps)
  if (typeof outgoing === 'string') return outgoing
  const end = (): void => { socket.destroy() }
  const result = await counted(async () =>
    await whileLive(decision.token, end, deps, async () => await forwardUpgrade(req, socket, head, outgoing)))
  return result === 'unreachable' ? result : undefined
}

/** Ends what takes long, a WebSocket or a stream of events, when its link does. */
async function whileLive<T> (token: string, end: () => void, deps: HandlerDeps, work: () => Promise<T>): Promise<T> {
  const look = (): void => { if (deps.find(token).kind !== 'live') end() }
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
  deps: HandlerDeps,
  counted: Counted
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
      const result = await counted(async () =>
        await whileLive(decision.token, () => abort(res), deps, async () => await forward(req, res, outgoing)))
      if (result === 'unreachable' && !res.destroyed) showPage(req, res, 'unreachable')
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
    deps.log.warn({ event: 'preview.service', namespace, service, err: toWaylayError(error) }, 'Service not read')
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
  return { destination, mapping, fields: appFields(fields, options) }
}

function showPage (req: AnyRequest, res: AnyResponse, reason: Reason): void {
  const { status, headers, body } = writePage(reason, String(req.headers.accept ?? ''))
  writeWhole(res, status, headers, req.method === 'HEAD' ? undefined : body)
}

function redirect (res: AnyResponse, location: string, cookie?: string): void {
  writeWhole(res, 303, { ...OWN_HEADERS, location, ...(cookie !== undefined && { 'set-cookie': cookie }) })
}
