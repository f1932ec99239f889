/** What can be measured of a side. `compared`: a ratio between two sides says something. */
export const FIELDS = {
  requestsPerSecond: { title: 'requests/s', digits: 0, compared: true },
  mbPerSecond: { title: 'MB/s', digits: 1, compared: true },
  p50Us: { title: 'p50 µs', digits: 1, compared: true },
  p99Ms: { title: 'p99 ms', digits: 2, compared: false },
  /** Streams that were opened, carried one message each way, and were closed. */
  messagesPerSecond: { title: 'messages/s', digits: 0, compared: true },
  /** A process, from its start to its end, or until it said that it is ready. */
  wholeMs: { title: 'ms', digits: 1, compared: false },
  /** CPU of the side under test. The app alone has none. */
  cpuUs: { title: 'CPU µs/request', digits: 2, compared: true },
  /** Of its core: below about 90 the load's core is what limits the throughput. */
  corePercent: { title: 'core %', digits: 0, compared: false },
  /** Requests and opaque connections that the proxy has seen since its start. */
  turns: { title: 'turns', digits: 0, compared: false },
  /** CPU of the whole way: load, app and side, with the kernel's work for them. */
  pathCpuUs: { title: 'CPU of all µs/request', digits: 2, compared: true },
  /** Memory of a side that nobody has called yet. */
  idleMib: { title: 'idle MiB', digits: 1, compared: true },
  /** The same, where a page that several processes share counts by its share. */
  idlePssMib: { title: 'idle MiB (PSS)', digits: 1, compared: true },
  /** What each idle connection of a caller adds, with the one to the app where the side keeps one. */
  perConnectionKib: { title: 'KiB/connection', digits: 2, compared: true },
  /** What the kubelet counts of a container: with the files that were read on its account, and without. */
  workingMib: { title: 'MiB', digits: 1, compared: false },
  ownMib: { title: 'of it its own', digits: 1, compared: false },
  /** Thousandths of a core. */
  millicores: { title: 'millicores', digits: 2, compared: false },
  /** Of an image's layers together. */
  compressedMb: { title: 'compressed MB', digits: 1, compared: false },
  /** Failed connections, time-outs, and answers that are no success. */
  errors: { title: 'errors', digits: 0, compared: false },
  /** Percent of the two cores that were used by others. */
  foreignPercent: { title: 'others %', digits: 0, compared: false }
} as const

export type Field = keyof typeof FIELDS

/** What one measurement of one side in one round found; NaN or absent where it says nothing. */
export type Sample = Readonly<Partial<Record<Field, number>>>

/** Samples by side, one for each round. */
export type RowSamples = Readonly<Record<string, readonly Sample[]>>

/** By row. */
export type Results = Readonly<Record<string, RowSamples>>

export function valuesOf (samples: readonly Sample[] | undefined, field: Field): readonly number[] {
  return (samples ?? []).map(sample => sample[field] ?? NaN)
}
