import { plain, ratio, type FigureRule } from '../figures.ts'
import { DELAY_MS } from './rows.ts'

/** What the project promises of the tunnel and the command line. */
export const TUNNEL_FIGURE_RULES: readonly FigureRule[] = [
  ratio('mux.messages_per_second.vs_node_http2', 'mux', ['waylay', 'node-http2'], 'messagesPerSecond', { atLeast: 5 }),
  plain('cli.help_ms', 'help', 'waylay', 'wholeMs', { atMost: 150 }),
  plain('intercept.ready_ms.3_pods', 'ready-3', 'waylay', 'wholeMs', { atMost: 700 }),
  plain('intercept.ready_ms.30_pods', 'ready-30', 'waylay', 'wholeMs', { atMost: 1200 }),
  ...divertRules('divert', ''),
  ...divertRules(`divert_${DELAY_MS}ms`, `-${DELAY_MS}ms`)
]

function divertRules (prefix: string, suffix: string): readonly FigureRule[] {
  const sides = ['waylay', 'kubectl'] as const
  const name = (figure: string): string => `${prefix}.${figure}.vs_kubectl_port_forward`
  return [
    ratio(name('p50'), `latency${suffix}`, sides, 'p50Us', { atMost: 1 }),
    ratio(name('throughput'), `throughput${suffix}`, sides, 'requestsPerSecond', { atLeast: 1.5 }),
    ratio(name('bulk_up'), `bulk-up${suffix}`, sides, 'mbPerSecond', { atLeast: 1 }),
    ratio(name('bulk_down'), `bulk-down${suffix}`, sides, 'mbPerSecond', { atLeast: 1 })
  ]
}
