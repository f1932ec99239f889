import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'

/** What scrapers are told. Every name stands in docs/metrics.md, which a test compares. */
export type Metrics = {
  readonly admitted: (admission: Admission) => void
  readonly interceptDecided: (decision: InterceptDecision) => void
  readonly environmentDecided: (decision: InterceptDecision) => void
  readonly swept: (result: 'deleted' | 'spared' | 'failed') => void
  readonly expired: (result: 'deleted' | 'spared' | 'failed') => void
  /** When a certificate in use ends, ms since the epoch. */
  readonly certificateEnds: (certificate: 'authority' | 'serving', atMs: number) => void
  readonly trouble: (kind: 'refused' | 'stuck' | 'deleted') => void
  readonly eventWritten: (result: 'created' | 'known' | 'failed' | 'dropped') => void
  /** The text that a scraper reads, and its content type. */
  readonly read: () => Promise<{ readonly text: string, readonly contentType: string }>
}

/** An answer about a pod. `reason`: of a skip or a withdrawal. */
export type Admission = {
  readonly result: 'injected' | 'propagated' | 'skipped' | 'withdrawn' | 'failed' | 'ignored'
  readonly reason?: string
  readonly tookMs: number
}

/** `code`: of a refusal; without one it was allowed. */
export type InterceptDecision = { readonly operation: string, readonly code?: string, readonly tookMs: number }

/** What is asked when somebody scrapes. */
export type MetricsSources = {
  readonly factsSynced: () => Readonly<Record<string, boolean>>
  readonly activeBypasses: () => number
}

// Seconds. The API server waits 2 s for an answer about a pod.
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2]
// What the API server sends; anything else must not make new series.
const OPERATIONS = new Set(['CREATE', 'UPDATE', 'DELETE'])

export function createMetrics (sources: MetricsSources): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const counter = (name: string, help: string, labelNames: readonly string[]): Counter =>
    new Counter({ name: `waylay_webhook_${name}`, help, labelNames: [...labelNames], registers })
  const admissions = counter('pod_admissions_total', 'Answers about pods', ['result', 'reason'])
  const decisions = counter('intercept_decisions_total', 'Answers about Intercepts', ['operation', 'code'])
  const swept = counter('swept_intercepts_total', 'Expired Intercepts that the sweep looked at', ['result'])
  const environmentDecisions = counter('environment_decisions_total', 'Answers about Environments', ['operation', 'code'])
  const expired = counter('expired_environments_total', 'Environments whose time was over', ['result'])
  const troubles = counter('pod_troubles_total', 'Injected pods that were refused, stuck, or deleted by us', ['kind'])
  const events = counter('events_total', 'Events that were to be written', ['result'])
  const durations = new Histogram({
    name: 'waylay_webhook_answer_duration_seconds',
    help: 'Own time from a review to its answer',
    labelNames: ['about'],
    buckets: BUCKETS,
    registers
  })
  const certificates = new Gauge({
    name: 'waylay_webhook_certificate_expiry_timestamp_seconds',
    help: 'When a certificate in use ends',
    labelNames: ['certificate'],
    registers
  })
  createSources(registers, sources)
  const decided = (kind: string, counts: Counter) => {
    const took = durations.labels(kind)
    return ({ operation, code = '', tookMs }: InterceptDecision): void => {
      counts.inc({ operation: OPERATIONS.has(operation) ? operation : 'other', code })
      took.observe(tookMs / 1000)
    }
  }
  const aboutPods = durations.labels('pod')
  return {
    admitted: ({ result, reason = '', tookMs }) => {
      admissions.inc({ result, reason })
      aboutPods.observe(tookMs / 1000)
    },
    interceptDecided: decided('intercept', decisions),
    environmentDecided: decided('environment', environmentDecisions),
    swept: result => swept.inc({ result }),
    expired: result => expired.inc({ result }),
    certificateEnds: (certificate, atMs) => certificates.set({ certificate }, atMs / 1000),
    trouble: kind => troubles.inc({ kind }),
    eventWritten: result => events.inc({ result }),
    read: async () => ({ text: await registry.metrics(), contentType: registry.contentType })
  }
}

function createSources (registers: Registry[], { factsSynced, activeBypasses }: MetricsSources): readonly Gauge[] {
  return [
    new Gauge({
      name: 'waylay_webhook_facts_synced',
      help: '1 where a list of the cluster is known',
      labelNames: ['facts'],
      registers,
      collect () {
        for (const [facts, isSynced] of Object.entries(factsSynced())) this.set({ facts }, isSynced ? 1 : 0)
      }
    }),
    new Gauge({
      name: 'waylay_webhook_bypasses_active',
      help: 'Workloads and namespaces whose pods go through without waylay for now',
      registers,
      collect () { this.set(activeBypasses()) }
    })
  ]
}
