import { ANNOTATIONS } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import type { Environment } from '../../environments/object.ts'
import { DEFAULT_MAX_ENVIRONMENTS, ENVIRONMENT_TTL, maxTtlMs } from '../../environments/ttl.ts'
import type { NamespaceFacts } from './deps.ts'

/** What a namespace allows, and what is odd about how it says so. */
export type EnvironmentLimits = {
  readonly maxCount: number
  readonly maxTtlMs: number
  readonly warnings: readonly string[]
}

const COUNT = /^\d{1,6}$/
/** As many are named: who reads them wants one to end, not all. */
const SHOWN = 3
const MAX_OWNER_LENGTH = 60

export function readLimits (namespace: string, { annotations }: NamespaceFacts): EnvironmentLimits {
  const { maxEnvironments: countKey, maxEnvironmentTtl: ttlKey } = ANNOTATIONS
  const count = annotations[countKey]
  const ttl = annotations[ttlKey]
  const isCount = count === undefined || COUNT.test(count)
  const ttlMs = maxTtlMs(ttl)
  const odd = (key: string, value: string | undefined, standard: string): string =>
    `waylay: the namespace ${namespace} says ${key}: ${(value ?? '').slice(0, 40)}, which cannot be read; ${standard} counts`
  return {
    maxCount: isCount && count !== undefined ? Number(count) : DEFAULT_MAX_ENVIRONMENTS,
    maxTtlMs: Math.min(ttlMs ?? ENVIRONMENT_TTL.maxMs, ENVIRONMENT_TTL.maxMs),
    warnings: [
      ...isCount ? [] : [odd(countKey, count, String(DEFAULT_MAX_ENVIRONMENTS))],
      ...ttlMs !== undefined ? [] : [odd(ttlKey, ttl, inWords(ENVIRONMENT_TTL.maxMs))]
    ]
  }
}

/** @throws {WaylayError} `WAYLAY_ENVIRONMENT_INVALID` saying how long one may live. */
export function checkEnd (
  expiresAtMs: number, namespace: string, { maxTtlMs: maxMs }: EnvironmentLimits, nowMs: number
): void {
  if (expiresAtMs <= nowMs + maxMs + ENVIRONMENT_TTL.slackMs) return
  throw new WaylayError('WAYLAY_ENVIRONMENT_INVALID',
    `spec.expiresAt is ${new Date(expiresAtMs).toISOString()}, ${inWords(expiresAtMs - nowMs)} ahead, and an environment in ${namespace} lives ${inWords(maxMs)} at most`,
    { hint: `Ask for less: --ttl ${inWords(maxMs)}` })
}

/**
 * Checks that there is room for one more.
 *
 * @param others that are there and are not being deleted.
 * @param admitted how many more are on their way into the cluster.
 * @throws {WaylayError} `WAYLAY_ENVIRONMENT_LIMIT` naming the oldest and whose they are.
 */
export function checkCount (
  namespace: string, others: readonly Environment[], admitted: number, { maxCount }: EnvironmentLimits, nowMs: number
): void {
  if (maxCount === 0) {
    throw new WaylayError('WAYLAY_ENVIRONMENT_LIMIT',
      `The namespace ${namespace} says ${ANNOTATIONS.maxEnvironments}: 0, so nobody can make environments in it`,
      { hint: `An administrator can allow them: kubectl annotate namespace ${namespace} ${ANNOTATIONS.maxEnvironments}- --overwrite` })
  }
  const count = others.length + admitted
  if (count < maxCount) return
  const oldest = [...others].sort((a, b) => madeAtMs(a) - madeAtMs(b)).slice(0, SHOWN)
  const named = oldest.length === 0 ? '' : `; the oldest: ${oldest.map(one => describe(one, nowMs)).join(', ')}`
  const name = oldest[0]?.metadata.name ?? '<name>'
  throw new WaylayError('WAYLAY_ENVIRONMENT_LIMIT',
    `The namespace ${namespace} has ${count} environments and may have ${maxCount}${named}`, {
      hint: `End one: waylay env down ${name} -n ${namespace}; or have an administrator allow more: kubectl annotate namespace ${namespace} ${ANNOTATIONS.maxEnvironments}=${maxCount * 2} --overwrite`
    })
}

function describe ({ metadata, spec }: Environment, nowMs: number): string {
  const owner = [...spec.owner ?? 'nobody knows whose'].slice(0, MAX_OWNER_LENGTH).join('')
  return `${metadata.name} (${owner}, ${inWords(Math.max(0, nowMs - madeAtMs({ metadata })))} old)`
}

function madeAtMs ({ metadata }: Pick<Environment, 'metadata'>): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}

/** `30d`, `36h`, `5m`: what --ttl takes. */
function inWords (ms: number): string {
  for (const [unit, size] of [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000]] as const) {
    if (ms >= size && (ms % size === 0 || ms >= 2 * size)) return `${Math.floor(ms / size)}${unit}`
  }
  return `${Math.floor(ms / 1000)}s`
}
