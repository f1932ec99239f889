import type { AppProtocol } from '../app.ts'
import type { Pod, Running } from '../pod.ts'

/** What a side is told when it starts. */
export type Stand = {
  readonly pod: Pod
  readonly row: string
  readonly protocol: AppProtocol
  /** Whether each request is a connection of its own: a side that keeps connections to the app then does not. */
  readonly connectsEachTime: boolean
  readonly paths: Paths
}

/** What was made ready once for all sides. */
export type Paths = {
  /** Folder of the bundled proxy and init container. */
  readonly bundle: string
  /** Folder of compiled Go programs; undefined where there is no Go. */
  readonly go: string | undefined
  /** Whether these are installed. */
  readonly haproxy: boolean
  /** Load and app of the row for gRPC. */
  readonly nghttp2: boolean
  /** Where CPU profiles of the proxy go, if somebody asked. */
  readonly profile: string | undefined
}

/** A side that stands in front of the app. */
export type Standing = {
  /** Undefined for the app alone. */
  readonly process: Running | undefined
  /** Where it accepts what the kernel leads to it; undefined when nothing must arrive there. */
  readonly listener: number | undefined
  /** Where nothing may arrive. */
  readonly silentListener?: number
  /** Requests and opaque connections it has seen so far, by its own count. */
  readonly countTurns?: () => Promise<number>
  /** Before its namespaces go, so that it can write a profile. */
  readonly stop?: () => Promise<void>
}

export type Side = {
  readonly name: SideName
  /** For people: what it is and how it is set. */
  readonly about: string
  /** Why it cannot be had on this machine; undefined where it can. */
  readonly missing?: (paths: Paths) => string | undefined
  readonly start: (stand: Stand) => Promise<Standing>
}

export const SIDE_NAMES = [
  'direct', 'nat', 'nginx', 'nginx-tuned', 'haproxy', 'go', 'http2-proxy',
  'waylay-on-demand', 'waylay-idle', 'waylay-one', 'waylay-100'
] as const

export type SideName = typeof SIDE_NAMES[number]

/** Where the sides that are not waylay listen. */
export const PEER_PORT = 15001

/** The value that the intercepts of the run want; nobody sends it. */
export const FOREIGN_VALUE = 'foreign-aaaabbbb'
