import { Counter, Gauge, Registry } from 'prom-client'
import type { Decision, Reason } from './decide.ts'

export type Metrics = {
  /** A request was decided on. */
  readonly decided: (result: Decision['kind'] | Reason) => void
  readonly read: () => Promise<{ readonly text: string, readonly contentType: string }>
}

export type MetricsDeps = {
  readonly links: () => number
  readonly active: () => number
}

/** docs/metrics.md explains each. */
export function createMetrics ({ links, active }: MetricsDeps): Metrics {
  const registry = new Registry()
  const requests = new Counter({
    name: 'waylay_preview_requests_total',
    help: 'Requests by what became of them: forward, swap, enter, or why a page was shown instead.',
    labelNames: ['result'],
    registers: [registry]
  })
  const gauge = (name: string, help: string, value: () => number): void => {
    // eslint-disable-next-line no-new -- it registers itself
    new Gauge({ name, help, registers: [registry], collect () { this.set(value()) } })
  }
  gauge('waylay_preview_links', 'Links that stand on Intercepts, expired ones included.', links)
  gauge('waylay_preview_active', 'Requests and WebSockets on their way to apps.', active)
  return {
    decided: result => { requests.inc({ result }) },
    read: async () => ({ text: await registry.metrics(), contentType: registry.contentType })
  }
}
