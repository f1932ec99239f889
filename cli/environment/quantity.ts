/** An exact amount: `numerator / denominator`, the denominator over 0. */
type Amount = { readonly numerator: bigint, readonly denominator: bigint }

const DECIMAL: Readonly<Record<string, number>> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 }
const BINARY: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }

const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,3}))?$/

/**
 * A resource quantity in whole units, or in thousandths with `milli`, rounded up as Kubernetes does.
 *
 * @returns undefined where it is none.
 * @see https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export function readQuantity (text: string | number, scale: 'whole' | 'milli'): bigint | undefined {
  const amount = readAmount(String(text))
  if (amount === undefined) return undefined
  const numerator = amount.numerator * (scale === 'milli' ? 1000n : 1n)
  // BigInt division cuts towards zero: only what is above zero is rounded by hand.
  const isWhole = numerator % amount.denominator === 0n
  return numerator / amount.denominator + (isWhole || numerator < 0n ? 0n : 1n)
}

function readAmount (text: string): Amount | undefined {
  const [, sign, whole = '', fraction = '', suffix = '', exponent] = QUANTITY.exec(text) ?? []
  if (whole + fraction === '') return undefined
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n)
  const bits = BINARY[suffix]
  if (bits !== undefined) return { numerator: digits << BigInt(bits), denominator: 10n ** BigInt(fraction.length) }
  const power = (exponent === undefined ? DECIMAL[suffix] ?? 0 : Number(exponent)) - fraction.length
  return power >= 0
    ? { numerator: digits * 10n ** BigInt(power), denominator: 1n }
    : { numerator: digits, denominator: 10n ** BigInt(-power) }
}
