import type { PortRoutes } from '../port-routes.ts'
import type { Route } from '../routes.ts'
import { DeveloperPeer } from './developer-peer.ts'
import type { PeerHead } from './peer-link.ts'

/** The developers' programs behind one caller's connection, one for each intercept that took a stream of it. */
export class DeveloperPeers {
  readonly #peers = new Map<Route, DeveloperPeer>()
  /** Those that finish what is under way and take nothing new. */
  readonly #leaving = new Set<DeveloperPeer>()
  readonly #head: PeerHead
  #routes: PortRoutes | undefined

  constructor (head: PeerHead) {
    this.#head = head
  }

  get isEmpty (): boolean {
    return this.#peers.size === 0 && this.#leaving.size === 0
  }

  /** Whether a new stream of this route needs no new one of the session. */
  has (route: Route): boolean {
    const kept = this.#peers.get(route)
    return kept !== undefined && (kept.isUsable || kept.isBlocked)
  }

  /** @throws when the developer's session is gone, or takes nothing. */
  get (route: Route): DeveloperPeer {
    const kept = this.#peers.get(route)
    if (kept?.isUsable === true) return kept
    if (kept?.isBlocked === true) throw new Error('The program does not read')
    if (kept !== undefined) this.#leave(route, kept)
    const peer = new DeveloperPeer(route, this.#head)
    this.#peers.set(route, peer)
    return peer
  }

  /** An intercept that ended gets no new stream; its program's connection ends with the last one under way. */
  follow (routes: PortRoutes): void {
    if (routes === this.#routes) return
    this.#routes = routes
    for (const [route, peer] of this.#peers) {
      if (!routes.list.includes(route)) this.#leave(route, peer)
    }
    for (const peer of this.#leaving) if (peer.isIdle) this.#leaving.delete(peer)
  }

  setPaused (paused: boolean): void {
    for (const peer of this.#peers.values()) peer.setPaused(paused)
    for (const peer of this.#leaving) peer.setPaused(paused)
  }

  pump (): void {
    for (const peer of this.#peers.values()) peer.pump()
    for (const peer of this.#leaving) peer.pump()
  }

  leaveAll (): void {
    for (const [route, peer] of this.#peers) this.#leave(route, peer)
  }

  abortAll (): void {
    for (const peer of this.#peers.values()) peer.abort()
    for (const peer of this.#leaving) peer.abort()
    this.#peers.clear()
    this.#leaving.clear()
  }

  #leave (route: Route, peer: DeveloperPeer): void {
    this.#peers.delete(route)
    if (!peer.isIdle) this.#leaving.add(peer)
    peer.leave()
  }
}
