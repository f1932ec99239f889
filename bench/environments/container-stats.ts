/** What the kubelet says of one container of a namespace. */
export type ContainerStats = {
  readonly pod: string
  readonly container: string
  readonly workingMib: number
  readonly ownMib: number
  /** CPU time since it began, and when that was read. */
  readonly cpuMs: number
  readonly atMs: number
}

type Summary = {
  readonly pods?: readonly {
    readonly podRef: { readonly name: string, readonly namespace: string }
    readonly containers?: readonly {
      readonly name: string
      readonly cpu?: { readonly time: string, readonly usageCoreNanoSeconds?: number }
      readonly memory?: { readonly workingSetBytes?: number, readonly rssBytes?: number }
    }[]
  }[]
}

const MIB = 2 ** 20

/** Reads a kubelet's summary (`/stats/summary`). */
export function readContainerStats (text: string, namespace: string): readonly ContainerStats[] {
  const { pods = [] } = JSON.parse(text) as Summary
  return pods.filter(({ podRef }) => podRef.namespace === namespace).flatMap(({ podRef, containers = [] }) =>
    containers.map(({ name, cpu, memory }) => ({
      pod: podRef.name,
      container: name,
      workingMib: (memory?.workingSetBytes ?? NaN) / MIB,
      ownMib: (memory?.rssBytes ?? NaN) / MIB,
      cpuMs: (cpu?.usageCoreNanoSeconds ?? NaN) / 1e6,
      atMs: Date.parse(cpu?.time ?? '')
    })))
}

/** Thousandths of a core that a container used between two readings. */
export function millicores (before: ContainerStats | undefined, after: ContainerStats): number {
  return before === undefined ? NaN : (after.cpuMs - before.cpuMs) / (after.atMs - before.atMs) * 1000
}
