/** `4 ms`, `1.25 s`, `2 min 5 s`. */
export function duration (ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)} ms`
  if (ms < 999.5) return `${Math.round(ms)} ms`
  if (ms < 59_950) return `${(ms / 1000).toFixed(ms < 9950 ? 2 : 1)} s`
  const seconds = Math.round(ms / 1000)
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`
}

/** `812 B`, `1.4 KB`, `3.2 MB`. */
export function size (bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  if (bytes < 999_500) return `${(bytes / 1000).toFixed(bytes < 9950 ? 1 : 0)} KB`
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** `14:03:22`, by the clock of this machine. */
export function time (at: number): string {
  return new Date(at).toTimeString().slice(0, 8)
}

/** `14:03:22.048`. */
export function exactTime (at: number): string {
  return `${time(at)}.${String(at % 1000).padStart(3, '0')}`
}

/** `3.5/s`. */
export function rate (perSecond: number): string {
  return `${perSecond < 10 ? perSecond.toFixed(1) : Math.round(perSecond)}/s`
}

export function plural (count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
