import { isEnding } from './judge.ts'
import type { Keys } from './keys.ts'
import { fingerprint } from './pem.ts'
import { makeAuthority, makeServing } from './x509.ts'

/** How a rotation is asked for, and how far it has come: annotations of the Secret. */
export type RotationMarks = {
  /** Written by an administrator: any value that is not the last one done. */
  readonly asked?: string | undefined
  /** Which value the next authority was made for. */
  readonly begun?: string | undefined
  /** Which value's rotation is done. */
  readonly done?: string | undefined
}

export type RotationStep = 'begun' | 'promoted' | 'previous-left'

export type Turned = { readonly keys: Keys, readonly marks: RotationMarks, readonly steps: readonly RotationStep[] }

export type RotationFacts = {
  /** The API server's clock, ms since the epoch. */
  readonly nowMs: number
  readonly dnsNames: readonly string[]
  /** For how long the API server must know the next authority before it signs: 0 where nobody is served under ours. */
  readonly publishMs: number
  /** For how long the API server's configuration has held a certificate, ms; undefined when it does not. */
  readonly publishedMs: (fingerprint: string) => number | undefined
  /** For how long a certificate has been one of the previous, ms. */
  readonly previousMs: (fingerprint: string) => number | undefined
  /** Certificates under which this replica serves, or is about to. */
  readonly anchors: readonly string[]
}

/** API servers see a change of their configuration within milliseconds; a slow one gets this long. */
export const PUBLISH_MS = 5_000
/**
 * A replica takes new keys within a second, by its watch, or else within a minute. Rotations take PUBLISH_MS each, so
 * no more than 60 previous ones are ever kept: 36 KB.
 */
export const RETIRE_MS = 5 * 60_000

/**
 * The next step of a rotation, if one is due: make the next authority known; then let it sign; then, later, forget the
 * previous one. Each step is one write of the Secret, and follows from what is there alone: whoever comes next goes on.
 */
export async function turnRotation (keys: Keys, marks: RotationMarks, facts: RotationFacts): Promise<Turned> {
  const kept = keys.previous.filter(certificate => !mayLeave(certificate, facts))
  const left: Keys = { ...keys, previous: kept }
  const steps: readonly RotationStep[] = kept.length < keys.previous.length ? ['previous-left'] : []
  if (keys.next !== undefined) {
    const publishedMs = facts.publishedMs(fingerprint(keys.next.certificate)) ?? 0
    if (publishedMs < facts.publishMs) return { keys: left, marks, steps }
    return {
      keys: await promote(left, facts), marks: { asked: marks.asked, done: marks.begun ?? marks.done }, steps: [...steps, 'promoted']
    }
  }
  const isAsked = marks.asked !== undefined && marks.asked !== marks.done
  if (!isAsked && !isEnding(keys.authority, facts.nowMs)) return { keys: left, marks, steps }
  return {
    keys: { ...left, next: await makeAuthority(facts.nowMs) },
    marks: { ...marks, begun: marks.asked },
    steps: [...steps, 'begun']
  }
}

/** When to look again for the sake of the rotation, ms from now; undefined when nothing is under way. */
export function rotationDueMs ({ next, previous }: Keys, facts: RotationFacts): number | undefined {
  const dues = previous.filter(certificate => !isAnchor(certificate, facts))
    .map(certificate => RETIRE_MS - (facts.previousMs(fingerprint(certificate)) ?? 0))
  if (next !== undefined) {
    const publishedMs = facts.publishedMs(fingerprint(next.certificate))
    if (publishedMs !== undefined || facts.publishMs === 0) dues.push(facts.publishMs - (publishedMs ?? 0))
  }
  return dues.length === 0 ? undefined : Math.max(0, Math.min(...dues))
}

async function promote (keys: Keys, { nowMs, dnsNames }: RotationFacts): Promise<Keys> {
  const { next: authority = keys.authority, ...rest } = keys
  const previous = [keys.authority.certificate, ...keys.previous]
  return { ...rest, authority, previous, serving: await makeServing(authority, dnsNames, nowMs) }
}

function mayLeave (certificate: string, facts: RotationFacts): boolean {
  return (facts.previousMs(fingerprint(certificate)) ?? 0) >= RETIRE_MS && !isAnchor(certificate, facts)
}

function isAnchor (certificate: string, { anchors }: RotationFacts): boolean {
  return anchors.some(anchor => fingerprint(anchor) === fingerprint(certificate))
}
