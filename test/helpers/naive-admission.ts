import type { LimitRange, Quota } from '../../webhook/injection/context.ts'
import type { Container, Pod, Resources } from '../../webhook/injection/pod.ts'

/** Sums of floating point. */
const ROUNDING = 1e-12

type Values = Readonly<Record<string, string>>
type Kind = 'requests' | 'limits'

const UNITS: Readonly<Record<string, number>> = { '': 1, m: 0.001, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3 }

/**
 * What the API server's own plugins LimitRanger and ResourceQuota say of a pod, in floating point and without any of
 * the webhook's code: defaults are filled in first, as they are when they run again after a webhook.
 */
export function objections (pod: Pod, ranges: readonly LimitRange[], quotas: readonly Quota[]): readonly string[] {
  const filled = withDefaults(pod, ranges)
  const found: string[] = []
  for (const { name: range, limits } of ranges) {
    for (const item of limits) {
      for (const [who, of] of subjects(filled, item.type)) {
        for (const [name, text] of Object.entries(item.max ?? {})) {
          const most = value(text) * (1 + ROUNDING)
          if (!(of('limits', name) <= most && !(of('requests', name) > most))) found.push(`${range}: ${who} max ${name}`)
        }
        for (const [name, text] of Object.entries(item.min ?? {})) {
          const isLess = !(of('requests', name) >= value(text)) || of('limits', name) < value(text)
          if (isLess) found.push(`${range}: ${who} min ${name}`)
        }
        for (const [name, text] of Object.entries(item.maxLimitRequestRatio ?? {})) {
          if (!(of('limits', name) / of('requests', name) <= value(text))) found.push(`${range}: ${who} ratio ${name}`)
        }
      }
    }
  }
  return [...found, ...quotas.flatMap(quota => quotaObjections(filled, quota))]
}

function quotaObjections (pod: Pod, { name: quota, hard, used }: Quota): string[] {
  return Object.entries(hard).flatMap(([key, text]) => {
    const [kind, name] = key.includes('.') ? key.split('.') as [Kind, string] : ['requests', key] as const
    const unsaid = all(pod).filter(({ resources }) => resources?.[kind]?.[name] === undefined).map(item => item.name)
    if (unsaid.length > 0) return [`${quota}: must specify ${key} for ${unsaid.join(', ')}`]
    const sum = total(pod, kind, name) + value(used[key] ?? '0')
    return sum > value(text) * (1 + ROUNDING) ? [`${quota}: exceeded ${key}`] : []
  })
}

/** The class, as Kubernetes' documentation explains it. */
export function naiveQos (pod: Pod): string {
  const said = all(pod).flatMap(({ resources }) => ['cpu', 'memory'].map(name => {
    const limit = value(resources?.limits?.[name] ?? '0')
    return { limit, request: value(resources?.requests?.[name] ?? resources?.limits?.[name] ?? '0') }
  }))
  if (said.every(({ limit, request }) => limit === 0 && request === 0)) return 'BestEffort'
  return said.every(({ limit, request }) => limit > 0 && limit === request) ? 'Guaranteed' : 'Burstable'
}

/** As the API server writes them: a limit is its own request, and what LimitRanges say is filled in. */
export function withDefaults (pod: Pod, ranges: readonly LimitRange[]): Pod {
  const items = ranges.flatMap(({ limits }) => limits).filter(({ type }) => type === 'Container')
  const fill = (container: Container): Container => {
    const asRead: Resources = {
      limits: container.resources?.limits ?? {},
      requests: { ...container.resources?.limits, ...container.resources?.requests }
    }
    const limits = Object.assign({}, ...items.map(item => ({ ...item.max, ...item.default })), asRead.limits) as Values
    const requests = Object.assign({}, ...items.map(({ max, min, defaultRequest, ...item }) =>
      ({ ...max, ...item.default, ...min, ...defaultRequest })), asRead.requests) as Values
    return { ...container, resources: { limits, requests } }
  }
  const { initContainers = [], containers } = pod.spec
  return { ...pod, spec: { ...pod.spec, initContainers: initContainers.map(fill), containers: containers.map(fill) } }
}

type Of = (kind: Kind, name: string) => number

function subjects (pod: Pod, type: string): readonly (readonly [string, Of])[] {
  if (type === 'Pod') return [['pod', (kind, name) => total(pod, kind, name)]]
  return all(pod).map(({ name: who, resources }) => [who, (kind, name) => value(resources?.[kind]?.[name])] as const)
}

function total (pod: Pod, kind: Kind, name: string): number {
  const of = ({ resources }: Container): number => value(resources?.[kind]?.[name] ?? '0')
  const inits = pod.spec.initContainers ?? []
  const sidecars = inits.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const running = [...pod.spec.containers, ...sidecars].reduce((sum, container) => sum + of(container), 0)
  const starting = inits.map((init, index) => of(init) + inits.slice(0, index)
    .filter(({ restartPolicy }) => restartPolicy === 'Always').reduce((sum, sidecar) => sum + of(sidecar), 0))
  return Math.max(running, ...starting)
}

function all (pod: Pod): readonly Container[] {
  return [...pod.spec.containers, ...pod.spec.initContainers ?? []]
}

function value (text: string | undefined): number {
  const [, number = 'NaN', unit = ''] = /^([\d.]+)(m|Ki|Mi|Gi)?$/.exec(text ?? '') ?? []
  return Number(number) * (UNITS[unit] ?? NaN)
}
