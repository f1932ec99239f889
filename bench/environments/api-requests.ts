/** Requests that an API server has answered since it began, by verb and resource. */
export type ApiRequests = ReadonlyMap<string, number>

const SAMPLE = /^apiserver_request_total\{([^}]*)\} (\S+)$/gm

/** Reads them from the text of its metrics: one line for each code, group and scope, which do not matter here. */
export function readApiRequests (metrics: string): ApiRequests {
  const counts = new Map<string, number>()
  for (const [, labels = '', value = ''] of metrics.matchAll(SAMPLE)) {
    const label = (name: string): string => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? ''
    const subresource = label('subresource')
    const key = `${label('verb')} ${label('resource')}${subresource === '' ? '' : `/${subresource}`}`.trimEnd()
    counts.set(key, (counts.get(key) ?? 0) + Number(value))
  }
  return counts
}

/** How many there were for each second between two readings, the most frequent first. */
export function apiRequestsPerSecond (
  before: ApiRequests, after: ApiRequests, seconds: number
): readonly { readonly what: string, readonly perSecond: number }[] {
  return [...after].map(([what, count]) => ({ what, perSecond: (count - (before.get(what) ?? 0)) / seconds }))
    .filter(({ perSecond }) => perSecond > 0)
    .sort((a, b) => b.perSecond - a.perSecond)
}
