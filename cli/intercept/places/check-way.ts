import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { toWaylayError } from '../../../common/errors.ts'
import type { Checked } from '../../../tunnel/control-messages.ts'
import { NO_NAMED_SERVICE } from './named-port.ts'

type Address = { readonly host: string, readonly port: number }

export type WayQuestion<Pod extends { readonly name: string }> = {
  /** Name of the Intercept. */
  readonly intercept: string
  /** Pods whose session is open, each with its address where it is known. */
  readonly pods: readonly { readonly pod: Pod, readonly address?: string | undefined }[]
  readonly appPort: number
  /** A Service that leads to the port, and its ClusterIP. A headless one has none. */
  readonly service?: { readonly host: string, readonly cluster?: Address | undefined } | undefined
  /** Has one pod's proxy send a marked request. */
  readonly check: (pod: Pod, nonce: string, via?: Address) => Promise<Checked>
  readonly pauseMs?: number
  /** The pods are in the mode `named-port`: their own addresses lead past the proxies. */
  readonly isByName?: boolean
}

/** What came of it. `unchecked`: nothing could be asked, which says nothing against the way. */
export type WayResult = {
  readonly kind: 'proved' | 'broken' | 'unchecked'
  /** A sentence for people. */
  readonly text: string
  /** Of the slowest answer. */
  readonly durationMs?: number
}

// A port that is redirected on demand is armed a moment after the intercept was added, and endpoints take a moment too.
const ATTEMPTS = 4
const PAUSE_MS = 400
// Every pod is asked for by another one, but a workload may have hundreds.
const MAX_PAIRS = 32

/**
 * Proves that callers reach a proxy: a marked request is sent by one pod to the Service's address, or, without one, by
 * each pod to the next. Whoever asks has an intercept that stands. Never rejects.
 */
export async function checkWay<Pod extends { readonly name: string }> (question: WayQuestion<Pod>): Promise<WayResult> {
  const { pods, service } = question
  if (pods.length === 0) return { kind: 'unchecked', text: 'Not checked: there is no session to any pod.' }
  if (service?.cluster !== undefined) {
    const { host, port } = service.cluster
    return await checkService(question, `${service.host} (${host.includes(':') ? `[${host}]` : host}:${port})`, service.cluster)
  }
  if (question.isByName === true) return { kind: 'unchecked', text: NO_NAMED_SERVICE }
  return await checkPods(question)
}

async function checkService<Pod extends { readonly name: string }> (
  question: WayQuestion<Pod>, name: string, via: Address
): Promise<WayResult> {
  const { pods } = question
  let last: WayResult | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await delay(question.pauseMs ?? PAUSE_MS)
    const { pod } = pods[attempt % pods.length] as typeof pods[number]
    const checked = await ask(question, pod, via)
    if (checked.pod !== undefined) {
      const text = `Checked: a marked request to ${name} was recognised by the proxy of pod ${checked.pod}.`
      return { kind: 'proved', text, durationMs: checked.durationMs }
    }
    last = toFailure(`a marked request from pod ${pod.name} to ${name}`, checked)
    if (last.kind === 'unchecked') return last
  }
  return last as WayResult
}

async function checkPods<Pod extends { readonly name: string }> (question: WayQuestion<Pod>): Promise<WayResult> {
  const known = question.pods.filter(({ address }) => address !== undefined).slice(0, MAX_PAIRS)
  if (known.length < 2) {
    return {
      kind: 'unchecked',
      text: 'Not checked: no Service with an address of its own leads to this port, and a single pod cannot call itself as its callers do.'
    }
  }
  const results = await Promise.all(known.map(async ({ pod }, index) => {
    const next = known[(index + 1) % known.length] as typeof known[number]
    return await checkPair(question, pod, next.pod, { host: next.address ?? '', port: question.appPort })
  }))
  const failed = results.find(({ kind }) => kind === 'broken') ?? results.find(({ kind }) => kind === 'unchecked')
  if (failed !== undefined) return failed
  return {
    kind: 'proved',
    text: `Checked: the proxies of ${known.length} pods recognised a marked request, each sent by another pod.`,
    durationMs: Math.max(...results.map(({ durationMs = 0 }) => durationMs))
  }
}

async function checkPair<Pod extends { readonly name: string }> (
  question: WayQuestion<Pod>, from: Pod, to: Pod, via: Address
): Promise<WayResult> {
  let last: WayResult | undefined
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (attempt > 0) await delay(question.pauseMs ?? PAUSE_MS)
    const checked = await ask(question, from, via)
    if (checked.pod === to.name) return { kind: 'proved', text: '', durationMs: checked.durationMs }
    last = toFailure(`a marked request from pod ${from.name} to pod ${to.name}`, checked)
    if (last.kind === 'unchecked') return last
  }
  return last as WayResult
}

async function ask<Pod extends { readonly name: string }> (
  { intercept, check }: WayQuestion<Pod>, pod: Pod, via: Address
): Promise<Pick<Checked, 'pod' | 'reason' | 'durationMs'>> {
  const nonce = `${intercept}.${randomBytes(12).toString('hex')}`
  try {
    return await check(pod, nonce, via)
  } catch (error) {
    return { reason: `not checked: ${toWaylayError(error).message}`, durationMs: 0 }
  }
}

function toFailure (what: string, { pod, reason = 'no reason is known' }: Pick<Checked, 'pod' | 'reason'>): WayResult {
  if (pod !== undefined) return { kind: 'broken', text: `Warning: ${what} was answered by pod ${pod}.` }
  if (reason.startsWith('not checked')) return { kind: 'unchecked', text: `Not checked: ${what} was not sent (${reason.replace(/^not checked: /, '')}).` }
  const hint = /no answer|no way/.test(reason) ? ' A NetworkPolicy may keep the pods from calling it.' : ' Requests of yours may go to the app.'
  return { kind: 'broken', text: `Warning: ${what} did not reach waylay: ${reason}.${hint}` }
}
