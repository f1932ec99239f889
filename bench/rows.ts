import type { AppProtocol } from './app.ts'
import { runClosingCallers } from './load/closing-callers.ts'
import { GRPC_LOAD, runUnaryCalls } from './load/h2load.ts'
import { runWrk, type WrkLoad } from './load/wrk.ts'
import type { Load } from './measure.ts'
import type { RowName } from './row-names.ts'
import type { Field } from './sample.ts'
import type { Paths, SideName } from './sides/side.ts'

export type Row = {
  readonly name: RowName
  readonly about: string
  readonly protocol: AppProtocol
  readonly connectsEachTime: boolean
  readonly sides: readonly SideName[]
  /** What its table shows; the first one decides. */
  readonly fields: readonly Field[]
  /** Rounds for each one asked for. */
  readonly roundsFactor: number
  /** Undefined for the one that measures memory. */
  readonly load: Load | undefined
}

/** What most rows have in common. */
const HTTP = {
  protocol: 'http', connectsEachTime: false, roundsFactor: 1, fields: ['requestsPerSecond', 'p50Us', 'cpuUs', 'corePercent', 'pathCpuUs']
} as const satisfies Partial<Row>

/** All rows, in the order in which they are measured. */
export function createRows (paths: Paths): readonly Row[] {
  return [...keepAliveRows(), ...connectingRows(paths), ...otherRows()]
}

function keepAliveRows (): readonly Row[] {
  return [
    {
      ...HTTP,
      name: 'small',
      about: '50-byte responses, 64 connections',
      sides: ['direct', 'nginx', 'haproxy', 'go', 'http2-proxy', 'waylay-idle', 'waylay-one', 'waylay-100'],
      load: wrk({ connections: 64 })
    },
    {
      ...HTTP,
      name: 'ondemand',
      about: 'on-demand without an intercept: 50-byte responses, 64 connections',
      sides: ['direct', 'nat', 'waylay-on-demand'],
      fields: ['pathCpuUs', 'requestsPerSecond', 'p50Us', 'cpuUs', 'turns'],
      // The difference looked for is far smaller than in other rows.
      roundsFactor: 2,
      load: wrk({ connections: 64 })
    },
    {
      ...HTTP,
      name: 'latency',
      about: '50-byte responses, 1 connection',
      sides: ['direct', 'nginx', 'haproxy', 'go', 'http2-proxy', 'waylay-idle', 'waylay-one'],
      fields: ['p50Us', 'requestsPerSecond', 'cpuUs'],
      load: wrk({ connections: 1 })
    },
    {
      ...HTTP,
      name: 'large',
      about: '1 MiB responses, 4 connections',
      sides: ['direct', 'nginx', 'nginx-tuned', 'haproxy', 'go', 'http2-proxy', 'waylay-one'],
      fields: ['mbPerSecond', 'p50Us', 'cpuUs', 'pathCpuUs'],
      load: wrk({ connections: 4, path: '/large' })
    }
  ]
}

function connectingRows (paths: Paths): readonly Row[] {
  return [
    {
      ...HTTP,
      name: 'connect',
      about: 'a new connection for each request (Connection: close), 64 at a time',
      connectsEachTime: true,
      sides: ['direct', 'nginx', 'haproxy', 'waylay-one'],
      load: wrk({ connections: 64, headers: ['Connection: close'] })
    },
    {
      ...HTTP,
      name: 'closing-callers',
      about: 'callers that close first, 16 at a time',
      connectsEachTime: true,
      sides: ['direct', 'nginx', 'haproxy', 'waylay-one'],
      load: async (pod, seconds, signal) => await runClosingCallers(pod, paths.go, seconds, signal)
    }
  ]
}

function otherRows (): readonly Row[] {
  return [
    {
      ...HTTP,
      name: 'grpc',
      about: `gRPC unary calls, ${GRPC_LOAD.connections} connections with ${GRPC_LOAD.streams} at a time`,
      protocol: 'grpc',
      sides: ['direct', 'nginx', 'waylay-idle', 'waylay-one'],
      fields: ['cpuUs', 'requestsPerSecond', 'pathCpuUs'],
      load: runUnaryCalls
    },
    {
      ...HTTP,
      name: 'memory',
      about: 'idle keep-alive connections, each after one request',
      sides: ['nginx', 'haproxy', 'waylay-one'],
      fields: ['perConnectionKib', 'idleMib', 'idlePssMib'],
      load: undefined
    }
  ]
}

function wrk (load: WrkLoad): Load {
  return async (pod, seconds, signal) => await runWrk(pod, load, seconds, signal)
}
