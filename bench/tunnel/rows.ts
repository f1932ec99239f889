import type { RowHead } from '../report.ts'

/** How requests are sent to the two ends of a way through the cluster. */
export type DivertLoad = {
  readonly connections: number
  /** What the developer's program is asked, and what goes the same direction through kubectl: from the developer. */
  readonly divert: Exchange
  readonly kubectl: Exchange
}

export type Exchange = {
  readonly path: string
  /** Bytes of each request's body. */
  readonly uploadBytes: number
  /** Which of the two bodies the MB/s are of. */
  readonly counts: 'upload' | 'download'
}

/** One row of the bench of the tunnel. */
export type TunnelRow = RowHead & {
  readonly name: TunnelRowName
  readonly kind: 'mux' | 'help' | 'ready' | 'divert'
  readonly sides: readonly string[]
  readonly load?: DivertLoad
  /** Each way, between the developer's machine and the API server. */
  readonly delayMs?: number
  readonly pods?: number
}

/** Every row, in the order in which they are measured. */
export const TUNNEL_ROW_NAMES = [
  'mux', 'help', 'ready-3', 'ready-30', 'latency', 'throughput', 'bulk-up', 'bulk-down',
  'latency-25ms', 'throughput-25ms', 'bulk-up-25ms', 'bulk-down-25ms'
] as const

export type TunnelRowName = typeof TUNNEL_ROW_NAMES[number]

export const LARGE_BYTES = 1_000_000
export const DELAY_MS = 25

const SMALL: Exchange = { path: '/', uploadBytes: 0, counts: 'download' }
const DOWNLOAD: Exchange = { path: '/large', uploadBytes: 0, counts: 'download' }
const UPLOAD: Exchange = { path: '/', uploadBytes: LARGE_BYTES, counts: 'upload' }

const LOADS = {
  latency: { connections: 1, divert: SMALL, kubectl: SMALL },
  throughput: { connections: 16, divert: SMALL, kubectl: SMALL },
  // The same direction on both: a response of the developer's program, and an upload of the developer through kubectl.
  'bulk-up': { connections: 4, divert: DOWNLOAD, kubectl: UPLOAD },
  'bulk-down': { connections: 4, divert: UPLOAD, kubectl: DOWNLOAD }
} as const satisfies Record<string, DivertLoad>

const ABOUT: Readonly<Record<keyof typeof LOADS, string>> = {
  latency: '50-byte responses, 1 connection',
  throughput: '50-byte responses, 16 connections',
  'bulk-up': 'from the developer to the cluster, 1 MB bodies, 4 connections',
  'bulk-down': 'from the cluster to the developer, 1 MB bodies, 4 connections'
}

/** The rows by their names. */
export const TUNNEL_ROWS: readonly TunnelRow[] = [
  {
    name: 'mux',
    kind: 'mux',
    about: 'open a stream, 200 bytes each way, close; 64 at once, over loopback TCP',
    sides: ['waylay', 'node-http2'],
    fields: ['messagesPerSecond']
  },
  { name: 'help', kind: 'help', about: 'waylay --help, the whole process', sides: ['waylay'], fields: ['wholeMs'] },
  readyRow('ready-3', 3),
  readyRow('ready-30', 30),
  ...divertRows(0),
  ...divertRows(DELAY_MS)
]

function readyRow (name: TunnelRowName, pods: number): TunnelRow {
  return {
    name, kind: 'ready', about: `waylay intercept with ${pods} pods, from process start to ready`, sides: ['waylay'], fields: ['wholeMs'], pods
  }
}

function divertRows (delayMs: number): readonly TunnelRow[] {
  return (Object.keys(LOADS) as (keyof typeof LOADS)[]).map(name => ({
    name: delayMs === 0 ? name : `${name}-${DELAY_MS}ms`,
    kind: 'divert',
    about: ABOUT[name] + (delayMs === 0 ? '' : `, ${delayMs} ms each way`),
    sides: ['waylay', 'kubectl'],
    fields: name === 'latency' ? ['p50Us', 'requestsPerSecond'] : name === 'throughput' ? ['requestsPerSecond', 'p50Us'] : ['mbPerSecond'],
    load: LOADS[name],
    delayMs
  }))
}
