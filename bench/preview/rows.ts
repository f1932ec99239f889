import type { RowHead } from '../report.ts'
import { LARGE_BYTES, type Exchange } from '../tunnel/rows.ts'

/** Every row, in the order in which they are measured. */
export const PREVIEW_ROW_NAMES = ['small', 'large', 'upload'] as const

export type PreviewRowName = typeof PREVIEW_ROW_NAMES[number]

export type PreviewRow = RowHead & {
  readonly name: PreviewRowName
  readonly sides: readonly string[]
  readonly connections: number
  readonly exchange: Exchange
}

const SIDES = ['waylay', 'kubectl', 'waylay-injected'] as const

/** The rows by their names. */
export const PREVIEW_ROWS: readonly PreviewRow[] = [
  {
    name: 'small',
    about: '50-byte responses, 16 keep-alive connections',
    sides: SIDES,
    fields: ['requestsPerSecond', 'p50Us'],
    connections: 16,
    exchange: { path: '/', uploadBytes: 0, counts: 'download' }
  },
  {
    name: 'large',
    about: '1 MB responses, 4 keep-alive connections',
    sides: SIDES,
    fields: ['mbPerSecond'],
    connections: 4,
    exchange: { path: '/large', uploadBytes: 0, counts: 'download' }
  },
  {
    name: 'upload',
    about: '1 MB request bodies, 4 keep-alive connections',
    sides: SIDES,
    fields: ['mbPerSecond'],
    connections: 4,
    exchange: { path: '/', uploadBytes: LARGE_BYTES, counts: 'upload' }
  }
]
