/** Where the app is, as it stands in the cluster. */
export type AppPlace = {
  readonly service: string
  readonly namespace: string
  /** Port of the Service. */
  readonly port: number
  readonly tls: boolean
  /** Other ports under which the app may speak of itself: its pods' own. */
  readonly otherPorts?: readonly number[]
  /** Other names of it: the Service's addresses, a public name. */
  readonly otherNames?: readonly string[]
  /** What the app is to read as Host instead of the Service's own name. */
  readonly hostHeader?: string | undefined
}

/** What the app is told that it is called, and which names mean it. */
export type AppAddress = {
  /** The Host that the app reads: `payments.shop:8080`. */
  readonly host: string
  /** `http://payments.shop:8080`. */
  readonly origin: string
  /** Lower case, without brackets. */
  readonly names: ReadonlySet<string>
  readonly ports: ReadonlySet<number>
}

const PORT_OF: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 }

/** How callers in the cluster name the app, and what else it may say in a redirect and mean itself. */
export function appAddress (place: AppPlace): AppAddress {
  const { service, namespace, port, tls, otherPorts = [], otherNames = [], hostHeader } = place
  const scheme = tls ? 'https:' : 'http:'
  const host = hostHeader ?? `${service}.${namespace}${port === PORT_OF[scheme] ? '' : `:${port}`}`
  const own = splitHost(host)
  const inCluster = `${service}.${namespace}`
  return {
    host,
    origin: `${scheme}//${host}`,
    names: new Set([
      service, inCluster, `${inCluster}.svc`, `${inCluster}.svc.cluster.local`, own.name, ...otherNames
    ].map(name => name.toLowerCase())),
    // Apps that want TLS redirect to 443; what they want stands in front of them, not here.
    ports: new Set([port, 80, 443, ...otherPorts, ...own.port === undefined ? [] : [own.port]])
  }
}

/** Whether a URL with this authority leads to the app. @param scheme `http:`, `wss:`, …; empty where none was said. */
export function isAppAuthority (authority: string, scheme: string, app: AppAddress): boolean {
  const { name, port } = splitHost(authority)
  return app.names.has(name.toLowerCase()) && app.ports.has(port ?? PORT_OF[scheme] ?? 80)
}

/** Reads `name`, `name:port`, `[::1]:port`. */
export function splitHost (host: string): { readonly name: string, readonly port: number | undefined } {
  const [, bracketed, plain = '', port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(host) ?? []
  return { name: bracketed ?? plain, port: port === undefined ? undefined : Number(port) }
}
