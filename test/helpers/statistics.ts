/** The value below which a share of the values lie (0.99 for the 99th percentile). */
export function percentile (values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
}

export function median (values: readonly number[]): number {
  return percentile(values, 0.5)
}

/** `median 1.2 (quarters 1.0-1.5, all 0.8-3.1)`. */
export function describeSpread (values: readonly number[], digits = 2): string {
  const [least, first, middle, third, most] = [0, 0.25, 0.5, 0.75, 1]
    .map(share => percentile(values, share).toFixed(digits))
  return `median ${middle} (quarters ${first} to ${third}, all ${least} to ${most})`
}
