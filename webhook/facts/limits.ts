import type { LimitRange, Quota } from '../injection/context.ts'

/** What of a LimitRange (core/v1) we read. */
export type LimitRangeObject = {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly limits?: LimitRange['limits'] }
}

/** What of a ResourceQuota (core/v1) we read. */
export type QuotaObject = {
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly scopes?: readonly string[], readonly scopeSelector?: object }
  readonly status?: { readonly hard?: Quota['hard'], readonly used?: Quota['used'] }
}

export function readLimitRange ({ metadata: { name }, spec }: LimitRangeObject): LimitRange | undefined {
  const limits = spec?.limits ?? []
  return limits.length === 0 ? undefined : { name, limits }
}

/** A quota as the API server counts it: its status, because a changed spec counts only once it is there. */
export function readQuota ({ metadata: { name }, spec, status }: QuotaObject): Quota | undefined {
  if (status?.hard === undefined) return undefined
  return {
    name,
    scopes: spec?.scopes ?? [],
    hasScopeSelector: spec?.scopeSelector !== undefined,
    hard: status.hard,
    used: status.used ?? {}
  }
}
