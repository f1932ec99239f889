import type { Duplex } from 'node:stream'
import { WaylayError } from '../../common/errors.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { ReachFlags } from './reach-flags.ts'
import { startReach } from './start-reach.ts'

/** An intercept, as far as it is a way into the cluster. */
export type Doorway = {
  /** Pods whose session is open. */
  readonly openPods: readonly unknown[]
  /** @throws {WaylayError} when no session is open now. */
  openStream (): Duplex
  /** Calls back when it is stopped. */
  onStop (undo: () => void): void
}

export type StandWithReachOptions = {
  readonly cluster: Cluster
  readonly flags: ReachFlags & { readonly verbose?: boolean }
  readonly note: (line: string) => void
}

/**
 * Makes intercepts stand, with the ports open that the flags ask for as long as they do. The ports come first: one that
 * is taken ends it before anything is made in the cluster.
 *
 * @throws {WaylayError} `WAYLAY_PORT_IN_USE`, and whatever `stand` does
 */
export async function standWithReach<Stood extends { readonly intercepts: readonly Doorway[] }> (
  { cluster, flags, note }: StandWithReachOptions, stand: () => Promise<Stood>
): Promise<Stood> {
  let doorways: readonly Doorway[] = []
  const openPodStream = (): Duplex => {
    const chosen = doorways.find(({ openPods }) => openPods.length > 0) ?? doorways[0]
    if (chosen === undefined) throw new WaylayError('WAYLAY_TUNNEL_FAILED', 'The intercept does not stand yet')
    return chosen.openStream()
  }
  const reach = await startReach({ cluster, flags, openPodStream, note, isVerbose: flags.verbose === true })
  try {
    const stood = await stand()
    doorways = stood.intercepts
    doorways[0]?.onStop(reach.stop)
    for (const line of reach.lines) note(line)
    return stood
  } catch (error) {
    reach.stop()
    throw error
  }
}
