import { plain, ratio, type FigureRule } from '../figures.ts'

/** What the project promises of the tunnel and the command line. */
export const TUNNEL_FIGURE_RULES: readonly FigureRule[] = [
  ratio('mux.messages_per_second.vs_node_http2', 'mux', ['waylay', 'node-http2'], 'messagesPerSecond', { atLeast: 5 }),
  plain('cli.help_ms', 'help', 'waylay', 'wholeMs', { atMost: 150 })
]
