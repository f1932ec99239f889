const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['m', 60_000], ['s', 1000]] as const

/** A duration as kubectl shows ages: the largest two units, `3h12m`, `45s`. */
export function formatAge (ms: number): string {
  const first = UNITS.findIndex(([, size]) => ms >= size)
  if (first === -1) return '0s'
  return UNITS.slice(first, first + 2).map(([unit, size], index) => {
    const count = Math.floor(index === 0 ? ms / size : (ms % (UNITS[first]?.[1] ?? size)) / size)
    return index > 0 && count === 0 ? '' : `${count}${unit}`
  }).join('')
}
