import { bareDriver } from './bare/driver.ts'
import { chooseCluster, type ClusterChoice } from './choose.ts'
import type { Cluster, ClusterDriver, ClusterOptions, ClusterStatus } from './driver.ts'
import { existingDriver } from './existing/driver.ts'
import { kindDriver } from './kind/driver.ts'

/** Does what is done once per machine, which `down` leaves there: packages, built parts. Starts nothing. */
export async function clusterPrepare (options: ClusterOptions): Promise<void> {
  await driverOf(await chooseCluster()).prepare?.(options)
}

/** Brings the chosen cluster up, or returns at once when it is up already. On failure nothing half-made stays. */
export async function clusterUp (options: ClusterOptions): Promise<Cluster> {
  return await driverOf(await chooseCluster()).up(options)
}

/** Removes the chosen cluster and everything it made outside the cache. Nothing there is nothing to do. */
export async function clusterDown (options: ClusterOptions): Promise<void> {
  await driverOf(await chooseCluster()).down(options)
}

/** Looks, changes nothing. */
export async function clusterStatus (): Promise<ClusterStatus> {
  return await driverOf(await chooseCluster()).status()
}

function driverOf (choice: ClusterChoice): ClusterDriver {
  switch (choice.kind) {
    case 'bare': return bareDriver
    case 'kind': return kindDriver
    case 'existing': return existingDriver(choice)
    default: return assertNever(choice)
  }
}

function assertNever (choice: never): never {
  throw new TypeError(`Unhandled kind of cluster: ${JSON.stringify(choice)}`)
}
