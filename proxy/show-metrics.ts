import { Counter, Gauge, Registry } from 'prom-client'
import type { Metrics } from './metrics.ts'
import type { SessionCounts } from './session-counts.ts'
import type { Tally } from './tally.ts'

/** Everything counted so far, in the text format of Prometheus. */
export async function showMetrics (metrics: Metrics): Promise<{ readonly contentType: string, readonly text: string }> {
  const registry = new Registry()
  const registers = [registry]
  for (const [name, read] of Object.entries(metrics.gauges)) {
    new Gauge({ name, help: name.replaceAll('_', ' '), registers }).set(read())
  }
  const armed = new Gauge({
    name: 'waylay_redirect_armed',
    help: 'Whether connections to the port are led to the proxy: 1, or past it to the app: 0',
    labelNames: ['port', 'family'],
    registers
  })
  for (const redirect of metrics.redirects()) {
    armed.set({ port: redirect.port, family: `ipv${redirect.family}` }, redirect.armed ? 1 : 0)
  }
  const turns = new Counter({
    name: 'waylay_turns_total', help: 'Requests by where they went', labelNames: ['port', 'route'], registers
  })
  for (const [port, { app, developer }] of metrics.turns.entries()) {
    turns.inc({ port, route: 'app' }, app)
    turns.inc({ port, route: 'developer' }, developer)
  }
  showSessions(metrics.sessions, registers)
  showTally('waylay_opaque_total', metrics.opaque, registers)
  showTally('waylay_dial_errors_total', metrics.dialErrors, registers)
  showTally('waylay_overload_total', metrics.overload, registers)
  return { contentType: registry.contentType, text: await registry.metrics() }
}

function showSessions (sessions: SessionCounts, registers: Registry[]): void {
  const { now, carrier, resumed, lost } = sessions
  const help = 'Sessions of developers, with a carrier or waiting for one'
  new Gauge({ name: 'waylay_sessions', help, registers }).set(now())
  const count = (name: string, help: string, value: number): void => {
    new Counter({ name, help, registers }).inc(value)
  }
  count('waylay_carriers_total', 'Carriers that developers opened', carrier)
  count('waylay_sessions_resumed_total', 'Times that a session went on with its next carrier', resumed)
  count('waylay_sessions_lost_total', 'Sessions that ended because no next carrier came in time', lost)
}

function showTally<Label extends string> (name: string, tally: Tally<Label>, registers: Registry[]): void {
  const counter = new Counter<string>({ name, help: tally.help, labelNames: [...tally.labelNames], registers })
  for (const { labels, count } of tally.entries()) counter.inc(labels, count)
}
