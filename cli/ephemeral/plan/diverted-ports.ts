import { isTlsPort } from '../../../common/injected.ts'
import { WaylayError } from '../../../common/errors.ts'
import { exactHeader } from '../../../intercepts/header-match.ts'
import { interceptName } from '../../../intercepts/name.ts'
import { injectionOf } from '../../cluster/pods.ts'
import type { Service } from '../../cluster/services.ts'
import { choosePort, type AppPortChoice } from '../../intercept/places/choose-port.ts'
import type { DivertedPort } from './environment-plan.ts'
import type { Original } from './original.ts'
import { servicePortsTo } from './service-ports.ts'

export type Header = { readonly name: string, readonly value: string }

export type DivertedPorts = { readonly ports: readonly DivertedPort[], readonly warnings: readonly string[] }

/**
 * Chooses the ports whose marked requests go to the copy: those that are named, or else all whose requests can be told
 * apart. A port that is redirected on demand only, beside others, is a database's or the like: it is left in peace.
 *
 * @param services of the namespace, for what they call a port.
 * @throws {WaylayError} `WAYLAY_PORT_UNKNOWN`, `WAYLAY_PORT_NOT_TCP` for a port that is named; `WAYLAY_COPY_UNFIT`
 *   where none is left.
 */
export function chooseDivertedPorts (
  original: Original, services: readonly Service[], header: Header, wanted: readonly (number | string)[]
): DivertedPorts {
  const { workload, injected } = original
  const statuses = injected.map(injectionOf).filter(status => status !== undefined)
  const known = [...new Map(statuses.flatMap(({ ports }) => ports).map(port => [port.port, port])).values()]
  const named = wanted.map(port => choosePort(workload, injected, port).port)
  const always = known.filter(({ redirect }) => redirect === 'always')
  const candidates = named.length > 0
    ? known.filter(({ port }) => named.includes(port))
    : always.length > 0 ? always : known
  const protocolsOf = ({ port, name }: AppPortChoice): readonly string[] => {
    const others = servicePortsTo(services, original.template, port).flatMap(known => [known.appProtocol, known.name])
    return [name, ...others].filter(text => text !== undefined)
  }
  const [tls, open] = split(candidates, port => port.tlsSecret !== undefined || isTls(port, protocolsOf(port)))
  if (open.length === 0) throw noPort(workload.id, tls)
  const left = known.filter(({ port }) => !candidates.some(candidate => candidate.port === port))
  return {
    ports: open.map(port => toDiverted(workload.id, port, header, protocolsOf(port))),
    warnings: [
      ...tls.map(port => warnOfTls(workload.id, port)),
      ...(named.length > 0 ? [] : left).map(({ port }) =>
        `Port ${port} of ${workload.id} stays the original's alone, because it is redirected on demand only; --port ${port} diverts its marked requests too.`)
    ]
  }
}

function toDiverted (
  workload: string, { port, name }: AppPortChoice, header: Header, protocols: readonly string[]
): DivertedPort {
  const match = { headers: [exactHeader(header.name, header.value)] }
  return {
    port,
    ...(name !== undefined && { name }),
    intercept: interceptName(workload, port, match),
    isHttp2Only: speaksHttp2Only(protocols)
  }
}

/** By what says so first: appProtocol and names have the protocol in front, as in `grpc-api`. gRPC-Web is HTTP/1.1. */
function speaksHttp2Only (protocols: readonly string[]): boolean {
  const words = protocols.map(text => text.toLowerCase().replace(/^.*\//, ''))
  const first = words.find(word => /^(https?|http1|web|wss?|http2|h2c|grpc)(-|$)/.test(word)) ?? ''
  return /^(http2|h2c|grpc)(-|$)/.test(first) && !/^grpc-web(-|$)/.test(first)
}

function isTls (port: AppPortChoice, protocols: readonly string[]): boolean {
  return isTlsPort(port) || protocols.some(text => /^(https|wss|tls|grpcs)$/i.test(text))
}

// The companion delivers what the proxy has opened: plain HTTP, at which a copy with TLS on this port would hang up.
function warnOfTls (workload: string, { port }: AppPortChoice): string {
  return `Port ${port} of ${workload} carries TLS that ends in the app, so it stays the original's alone: what comes to a copy is plain HTTP.`
}

function noPort (workload: string, tls: readonly AppPortChoice[]): WaylayError {
  const numbers = tls.map(({ port }) => port).join(', ')
  return new WaylayError('WAYLAY_COPY_UNFIT', `No port of ${workload} can lead to a copy: ${numbers} carries TLS that ends in the app, and what comes to a copy is plain HTTP`,
    { hint: 'End TLS in front of the app, or give the app a port without TLS, and name that: --port <port>' })
}

function split<T> (items: readonly T[], isFirst: (item: T) => boolean): readonly [readonly T[], readonly T[]] {
  return [items.filter(isFirst), items.filter(item => !isFirst(item))]
}
