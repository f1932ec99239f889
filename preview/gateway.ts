import type { Logger } from '../common/log.ts'
import { createDestinations } from './destinations.ts'
import type { ServiceObject } from './destination.ts'
import { createHandler, type Handler } from './handler.ts'
import { createLinks, type Links } from './links.ts'
import { createMetrics, type Metrics } from './metrics.ts'
import { createNamespaces, type Namespaces } from './namespaces.ts'
import { createNews, type News } from './news.ts'
import type { Settings } from './settings.ts'

/** What the gateway needs from outside. Tests pass their own; only main.ts passes a cluster's. */
export type GatewayDeps = {
  readonly settings: Pick<Settings, 'domain' | 'namespace' | 'tlsFolder'>
  readonly readService: (namespace: string, name: string) => Promise<ServiceObject | undefined>
  /** The API server's clock, ms since the epoch. */
  readonly nowMs: () => number
  /** Never jumps. */
  readonly monotonicMs: () => number
  readonly log: Logger
}

/** What answers visitors, and what it must be told of the cluster. */
export type Gateway = {
  readonly handler: Handler
  readonly links: Links
  readonly namespaces: Namespaces
  /** Of Intercepts, and of namespaces. */
  readonly news: { readonly intercepts: News, readonly namespaces: News }
  /**
   * Whether visitors are to be sent here. Not where we do not hear from the cluster: the other replica may.
   * While nobody does, no kubelet tells the API server of it, and visitors go on reading why they see nothing.
   */
  readonly isReady: () => boolean
  readonly metrics: Metrics
}

export function createGateway ({ settings, readService, nowMs, monotonicMs, log }: GatewayDeps): Gateway {
  const { domain, namespace, tlsFolder } = settings
  const namespaces = createNamespaces()
  const news = { intercepts: createNews(monotonicMs), namespaces: createNews(monotonicMs) }
  const links = createLinks({
    domain,
    systemNamespace: namespace,
    allowsPreviews: namespaces.allowsPreviews,
    nowMs,
    newsMs: () => news.intercepts.standing(nowMs())
  })
  const isBlind = (): boolean => news.intercepts.isBlind() || news.namespaces.isBlind()
  const metrics = createMetrics({ links: links.size, active: () => handler.active() })
  const handler = createHandler({
    domain,
    find: links.find,
    findDestination: createDestinations({ readService, monotonicMs }),
    isBlind,
    isBehindIngress: tlsFolder === undefined,
    nowMs,
    count: metrics.decided,
    log
  })
  return { handler, links, namespaces, news, isReady: () => !isBlind(), metrics }
}
