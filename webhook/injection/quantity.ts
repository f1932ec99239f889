/** An amount of a resource in billionths, the finest step that Kubernetes knows: nanocores, nanobytes. */
export type Amount = bigint

const WHOLE = 1_000_000_000n
const MILLI = WHOLE / 1000n

const SUFFIXES: Readonly<Record<string, Amount>> = {
  n: 1n,
  u: 1000n,
  m: MILLI,
  '': WHOLE,
  k: WHOLE * 10n ** 3n,
  M: WHOLE * 10n ** 6n,
  G: WHOLE * 10n ** 9n,
  T: WHOLE * 10n ** 12n,
  P: WHOLE * 10n ** 15n,
  E: WHOLE * 10n ** 18n,
  Ki: WHOLE * 2n ** 10n,
  Mi: WHOLE * 2n ** 20n,
  Gi: WHOLE * 2n ** 30n,
  Ti: WHOLE * 2n ** 40n,
  Pi: WHOLE * 2n ** 50n,
  Ei: WHOLE * 2n ** 60n
}

// Longer ones the API server would not take either, and 10 to the power of a billion is nothing to calculate.
const QUANTITY = /^\+?(\d{0,40})(?:\.(\d{0,40}))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,2}))?$/

/**
 * Reads Kubernetes' resource.Quantity, so that `1000m` is `1`. Parts of a billionth are rounded up, as there.
 *
 * @returns undefined for what is none, negative ones among it.
 */
export function parseQuantity (text: string | undefined): Amount | undefined {
  const [, whole = '', fraction = '', suffix = '', exponent = '0'] = QUANTITY.exec(text ?? '') ?? []
  const digits = whole + fraction
  if (digits === '') return undefined
  const scale = fraction.length - Number(exponent)
  const amount = BigInt(digits) * (SUFFIXES[suffix] ?? WHOLE) * 10n ** BigInt(Math.max(0, -scale))
  return ceilDivide(amount, 10n ** BigInt(Math.max(0, scale)))
}

/** The resources that decide about a pod's class, and that LimitRanges and ResourceQuotas make demands on. */
export const RESOURCE_NAMES = ['cpu', 'memory'] as const
export type ResourceName = typeof RESOURCE_NAMES[number]

// Kubernetes compares CPU in millicores and memory in bytes.
const STEPS: Readonly<Record<ResourceName, Amount>> = { cpu: MILLI, memory: WHOLE }

/** Down to a step that Kubernetes counts in: what is at most so much must not be more when it is written. */
export function roundDown (name: ResourceName, amount: Amount): Amount {
  return amount / STEPS[name] * STEPS[name]
}

/** Up to a step that Kubernetes counts in. */
export function roundUp (name: ResourceName, amount: Amount): Amount {
  return ceilDivide(amount, STEPS[name]) * STEPS[name]
}

/** As people write it. */
export function formatAmount (name: ResourceName, amount: Amount): string {
  return name === 'cpu' ? formatCpu(amount) : formatMemory(amount)
}

/** Writes CPU in millicores (rounded up), the way people do: `500m`, `2`. */
function formatCpu (amount: Amount): string {
  const milli = ceilDivide(amount, MILLI)
  return milli % 1000n === 0n ? String(milli / 1000n) : `${milli}m`
}

/** Writes memory in the largest unit that leaves no rest, in whole bytes (rounded up): `256Mi`. */
function formatMemory (amount: Amount): string {
  const bytes = ceilDivide(amount, WHOLE)
  const unit = (['Gi', 'Mi', 'Ki'] as const).find(name => bytes > 0n && bytes % ((SUFFIXES[name] ?? 1n) / WHOLE) === 0n)
  return unit === undefined ? String(bytes) : `${bytes / ((SUFFIXES[unit] ?? 1n) / WHOLE)}${unit}`
}

/** `a / b` rounded up. */
export function ceilDivide (amount: bigint, by: bigint): bigint {
  return (amount + by - 1n) / by
}

export function larger (a: Amount, b: Amount): Amount {
  return a > b ? a : b
}

export function smaller (a: Amount, b: Amount): Amount {
  return a < b ? a : b
}
