const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Milliseconds, over 0, of a duration as kubectl writes it: `90s`, `10m`, `1h30m`, `2d`. Undefined for other text. */
export function readDurationMs (text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)]
  const totalMs = parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0)
  const isWhole = parts.map(([part]) => part).join('') === text
  return isWhole && totalMs > 0 && Number.isSafeInteger(Math.round(totalMs)) ? Math.round(totalMs) : undefined
}
