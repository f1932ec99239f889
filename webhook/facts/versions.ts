import type { ClusterFacts } from '../injection/context.ts'

export type Version = NonNullable<ClusterFacts['kubernetes']>

/** What of a Node (core/v1) we read. */
export type NodeObject = {
  readonly status?: {
    readonly nodeInfo?: { readonly kubeletVersion?: string, readonly operatingSystem?: string }
  }
}

/** The version in `v1.29.3-eks-adc7111`, or undefined: vendors write what they like behind it. */
export function readVersion (text: string | undefined): Version | undefined {
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(text ?? '') ?? []
  return major === undefined || minor === undefined ? undefined : { major: Number(major), minor: Number(minor) }
}

/** The version of a node's kubelet. Windows nodes run no pod of ours; one that has yet to report it counts as new. */
export function readNode ({ status }: NodeObject): Version | undefined {
  if (status?.nodeInfo?.operatingSystem === 'windows') return undefined
  return readVersion(status?.nodeInfo?.kubeletVersion)
}

/** The node with the oldest kubelet; among equals the first by name, so that every replica names the same. */
export function oldestOf (nodes: ReadonlyMap<string, Version>): ClusterFacts['oldestNode'] {
  let oldest: ClusterFacts['oldestNode']
  for (const [name, version] of nodes) {
    const order = oldest === undefined ? -1 : compare(version, oldest) || name.localeCompare(oldest.name)
    if (order < 0) oldest = { name, ...version }
  }
  return oldest
}

function compare (one: Version, other: Version): number {
  return one.major - other.major || one.minor - other.minor
}
