import type { RowHead } from '../report.ts'

/** One row of the bench of the tunnel. */
export type TunnelRow = RowHead & {
  readonly name: TunnelRowName
  readonly kind: 'mux' | 'help'
  readonly sides: readonly string[]
}

/** Every row, in the order in which they are measured. */
export const TUNNEL_ROW_NAMES = ['mux', 'help'] as const

export type TunnelRowName = typeof TUNNEL_ROW_NAMES[number]

/** The rows by their names. */
export const TUNNEL_ROWS: readonly TunnelRow[] = [
  {
    name: 'mux',
    kind: 'mux',
    about: 'open a stream, 200 bytes each way, close; 64 at once, over loopback TCP',
    sides: ['waylay', 'node-http2'],
    fields: ['messagesPerSecond']
  },
  { name: 'help', kind: 'help', about: 'waylay --help, the whole process', sides: ['waylay'], fields: ['wholeMs'] }
]
