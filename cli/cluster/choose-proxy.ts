import { BlockList, isIP, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'
import { WaylayError } from '../../common/errors.ts'

type Env = Readonly<Record<string, string | undefined>>

const SCHEMES = ['http:', 'https:', 'socks5:', 'socks5h:']

/**
 * The proxy between us and the API server, as kubectl would choose it: the kubeconfig's `proxy-url` whatever the
 * environment says, else HTTPS_PROXY (or HTTP_PROXY for a server without TLS) unless NO_PROXY names the server.
 *
 * @throws {WaylayError} `WAYLAY_PROXY` where what is named is no proxy that we can use.
 * @see https://pkg.go.dev/golang.org/x/net/http/httpproxy
 */
export function chooseProxy (server: URL, proxyUrl: string | undefined, env: Env): URL | undefined {
  if (proxyUrl !== undefined && proxyUrl !== '') return readProxy(proxyUrl, 'the kubeconfig\'s proxy-url')
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const given = env[name] || env[name.toLowerCase()]
  if (!given || !usesProxy(server, env['NO_PROXY'] || env['no_proxy'] || '')) return undefined
  return readProxy(/^[a-z][a-z0-9+.-]*:\/\//i.test(given) ? given : `http://${given}`, name)
}

function readProxy (text: string, where: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url !== undefined && SCHEMES.includes(url.protocol) && url.hostname !== '') return url
  // Not the text itself: there may be a password in it.
  throw new WaylayError('WAYLAY_PROXY', `${where} is no URL of a proxy that waylay can use`,
    { hint: 'Write it as http://host:port, https://host:port or socks5://host:port.' })
}

/** Go's reading of NO_PROXY. This machine is never asked for through a proxy. */
function usesProxy (server: URL, noProxy: string): boolean {
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = server.port || (server.protocol === 'https:' ? '443' : '80')
  if (host === 'localhost' || isLoopback(host)) return false
  return !noProxy.split(',').some(entry => names(entry.trim().toLowerCase(), host, port))
}

function isLoopback (host: string): boolean {
  return inSubnet(host, '127.0.0.0', 8) || inSubnet(host, '::1', 128)
}

/** Whether one entry of NO_PROXY means this host and port. */
function names (entry: string, host: string, port: string): boolean {
  if (entry === '' || entry === '*') return entry === '*'
  const [, network, prefix] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? []
  if (network !== undefined && isIP(network) !== 0) return inSubnet(host, network, Number(prefix))
  const { name, wantedPort } = splitPort(entry)
  if (name === '' || (wantedPort !== undefined && wantedPort !== port)) return false
  if (isIP(name) !== 0) return inSubnet(host, name, isIPv6(name) ? 128 : 32)
  // example.org means its subdomains too; .example.org and *.example.org mean only those.
  const domain = name.replace(/^\*(?=\.)/, '')
  const ascii = domainToASCII(domain.replace(/^\./, '')) || domain.replace(/^\./, '')
  return host.endsWith(`.${ascii}`) || (!domain.startsWith('.') && host === ascii)
}

function splitPort (entry: string): { readonly name: string, readonly wantedPort: string | undefined } {
  const [, bracketed, bare, wantedPort] = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(entry) ?? []
  return { name: bracketed ?? bare ?? entry, wantedPort }
}

function inSubnet (host: string, network: string, prefix: number): boolean {
  const family = isIP(host)
  if (family === 0 || family !== isIP(network) || prefix > (family === 4 ? 32 : 128)) return false
  const type = family === 4 ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, prefix, type)
  return list.check(host, type)
}
