/** That pods go through without us for a while: those of one workload, or all of a namespace. */
export type BypassEntry = {
  readonly namespace: string
  /** `deployment/payments`; left out: every workload. */
  readonly workload?: string
  readonly why: string
  /** The sidecar's image that was the trouble: another one is tried at once. */
  readonly image?: string
  readonly sinceMs: number
  readonly untilMs: number
  /** How often in a row; each time it lasts longer. */
  readonly times: number
}

/** What a new entry says; the rest is reckoned. */
export type Trouble = Pick<BypassEntry, 'namespace' | 'workload' | 'why' | 'image'> & {
  /** How long the first time lasts. */
  readonly firstMs?: number
}

export const FIRST_BYPASS_MS = 10 * 60_000
const LONGEST_MS = 6 * 60 * 60_000
/** Every replica that sees the same trouble records it; so do the tries of one owner before the next one passes. */
const SAME_TROUBLE_MS = 60_000
/** A ConfigMap holds 1 MiB; an entry takes some 300 bytes. */
const MAX_ENTRIES = 300
/** Where more workloads than these are in trouble, it is the namespace's. */
const MAX_WORKLOADS = 30
const MAX_WHY_LENGTH = 300

/** Whether both are about the same pods with the same image: what is known of one image says nothing of another. */
export function isSame (one: Pick<BypassEntry, 'namespace' | 'workload' | 'image'>, other: typeof one): boolean {
  return one.namespace === other.namespace && one.workload === other.workload && one.image === other.image
}

/** The entry that lets this workload's pods through without us now. */
export function findEntry (
  entries: readonly BypassEntry[], pod: Readonly<Record<'namespace' | 'workload' | 'image', string>>, nowMs: number
): BypassEntry | undefined {
  return entries.find(({ namespace, workload, image, untilMs }) => namespace === pod.namespace && untilMs > nowMs &&
    (workload === undefined || workload === pod.workload) && (image === undefined || image === pod.image))
}

/**
 * Adds a trouble, or makes the entry that is there last longer. Those long over are dropped. What was just added always
 * holds, be it in the entry of its namespace: else its pod would be injected and refused again and again.
 */
export function addEntry (entries: readonly BypassEntry[], trouble: Trouble, nowMs: number): readonly BypassEntry[] {
  const known = entries.find(entry => isSame(entry, trouble) && !isForgotten(entry, nowMs))
  if (known !== undefined && nowMs - known.sinceMs < SAME_TROUBLE_MS) return entries
  const { firstMs = FIRST_BYPASS_MS, why, ...what } = trouble
  const times = (known?.times ?? 0) + 1
  const lastsMs = Math.min(firstMs * 2 ** (times - 1), LONGEST_MS)
  const entry = { ...what, why: why.slice(0, MAX_WHY_LENGTH), sinceMs: nowMs, untilMs: nowMs + lastsMs, times }
  const rest = entries.filter(entry => !isSame(entry, trouble) && !isForgotten(entry, nowMs))
  const [first, ...others] = fold([entry, ...rest], nowMs)
  return first === undefined ? [] : [first, ...others.sort(byUse(nowMs)).slice(0, MAX_ENTRIES - 1)]
}

/** Makes one entry of a namespace out of its workloads' where these are too many. The first says which namespace. */
function fold (entries: readonly BypassEntry[], nowMs: number): readonly BypassEntry[] {
  const [{ namespace, why } = { namespace: '', why: '' }] = entries
  const folded = entries.filter(entry => entry.namespace === namespace && entry.workload !== undefined)
  if (folded.length <= MAX_WORKLOADS) return entries
  const [image, ...otherImages] = new Set(folded.map(entry => entry.image))
  const whole = { namespace, ...(otherImages.length === 0 && image !== undefined && { image }) }
  const known = entries.find(entry => isSame(entry, whole))
  const untilMs = Math.max(...folded.map(entry => entry.untilMs), known?.untilMs ?? 0)
  const rest = entries.filter(entry => entry !== known && !folded.includes(entry))
  return [{ ...whole, why, sinceMs: nowMs, untilMs, times: (known?.times ?? 0) + 1 }, ...rest]
}

/** Those that hold before those that are only remembered, then the latest: the oldest are dropped. */
function byUse (nowMs: number): (one: BypassEntry, other: BypassEntry) => number {
  return (one, other) =>
    Number(other.untilMs > nowMs) - Number(one.untilMs > nowMs) || other.sinceMs - one.sinceMs
}

// Remembered as long again as it held, so that the same trouble right afterwards lasts twice as long.
function isForgotten ({ sinceMs, untilMs }: BypassEntry, nowMs: number): boolean {
  return nowMs > untilMs + (untilMs - sinceMs)
}

/** One entry a line, for people who look. */
export function writeRecord (entries: readonly BypassEntry[]): string {
  return entries.map(({ sinceMs, untilMs, ...entry }) =>
    JSON.stringify({ ...entry, since: new Date(sinceMs).toISOString(), until: new Date(untilMs).toISOString() }))
    .join('\n')
}

/** Reads what a person may have edited: a line that is no entry is passed over. */
export function parseRecord (text: string): readonly BypassEntry[] {
  return text.split('\n').flatMap(line => {
    try {
      const { namespace, workload, why, image, since, until, times } = JSON.parse(line) as Record<string, unknown>
      const sinceMs = Date.parse(String(since))
      const untilMs = Date.parse(String(until))
      if (typeof namespace !== 'string' || Number.isNaN(sinceMs) || Number.isNaN(untilMs)) return []
      return [{
        namespace,
        ...(typeof workload === 'string' && { workload }),
        ...(typeof image === 'string' && { image }),
        why: typeof why === 'string' ? why : 'no reason given',
        sinceMs,
        untilMs,
        times: Number.isInteger(times) ? Math.min(Math.max(Number(times), 1), 20) : 1
      }]
    } catch {
      return []
    }
  })
}
