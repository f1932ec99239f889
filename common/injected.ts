import { PROPAGATE_LANGUAGES, type PropagateLanguage } from './contract.ts'
import { WaylayError } from './errors.ts'

/** Whether a port's connections are always seen by the proxy, or only while an intercept exists. */
export type RedirectMode = 'always' | 'on-demand'

/** One port of the app that the proxy can stand in front of. */
export type AppPort = {
  readonly port: number
  /** containerPort name, where it has one. */
  readonly name?: string
  /** Where the proxy listens for it. */
  readonly listener: number
  readonly redirect: RedirectMode
  /** Secret with the app's certificate, mounted below `TLS_DIR`: the port's TLS is opened with it. */
  readonly tlsSecret?: string
}

/** A port of its own for a probe: the kernel leads it straight to the app. */
export type Detour = {
  readonly port: number
  readonly to: number
}

/** Names of objects such as Secrets: a DNS subdomain (RFC 1123), as the API server wants it. */
export const SECRET_NAME = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** Whether a port carries TLS by its name (`<protocol>[-<suffix>]`) or, without a protocol there, by its number. */
export function isTlsPort ({ port, name }: Pick<AppPort, 'port' | 'name'>): boolean {
  const protocol = name?.toLowerCase().split('-')[0] ?? ''
  if (TLS_WORDS.has(protocol)) return true
  return !PLAIN_WORDS.has(protocol) && TLS_NUMBERS.has(port)
}

const TLS_WORDS: ReadonlySet<string> = new Set(['https', 'wss', 'grpcs', 'tls', 'ssl'])
const PLAIN_WORDS: ReadonlySet<string> = new Set(['http', 'http2', 'h2c', 'grpc', 'ws', 'tcp'])
const TLS_NUMBERS: ReadonlySet<number> = new Set([443, 8443])

/**
 * How requests come to the proxy: the kernel redirects them, or the proxy has the name by which Services find the port
 * (no NET_ADMIN, but only for named targetPorts, and it fails closed).
 */
export type InjectionMode = 'iptables' | 'named-port'

/** What the webhook tells the init container and the proxy, in `WAYLAY_CONFIG`. */
export type InjectedConfig = {
  readonly version: string
  readonly mode: InjectionMode
  readonly namespace: string
  /** `kind/name` of the top controller, kind in lower case: `deployment/payments`, `pod/debug`. */
  readonly workload: string
  readonly ports: readonly AppPort[]
  readonly detours: readonly Detour[]
  /** Whether requests get their caller's address appended to X-Forwarded-For. */
  readonly forwardedFor: boolean
  /** Ed25519 public key that signs tickets: SubjectPublicKeyInfo, DER, base64. */
  readonly ticketKey: string
  /** In the mode `named-port`: what the app's own ports are called now, so that they can be called as before. */
  readonly renamed?: readonly Renamed[]
  /** Which of the pod's `imagePullSecrets` is there for our images alone. */
  readonly pullSecret?: string
}

/** A containerPort's name before and after. No two have the same name after. */
export type Renamed = { readonly from: string, readonly to: string }

/** What the webhook writes into the annotation `waylay.dev/status`, for people and for the CLI. */
export type InjectionStatus = {
  readonly version: string
  readonly mode: InjectionMode
  readonly workload: string
  readonly ports: readonly Omit<AppPort, 'listener'>[]
  /** In the mode `named-port`: app ports that callers reach by number, past the proxy, as far as was known. */
  readonly unseen?: readonly number[]
  /** Of the app, where it was given instrumentation that carries headers on. */
  readonly propagate?: PropagateLanguage
  /** Containers of the app that were to have it and do not. */
  readonly propagateLeftOut?: readonly LeftOut[]
  /** Containers of the app where ours is all that its variable holds: a value of the image's is hidden. */
  readonly propagateAlone?: readonly string[]
}

/** `why`: one line, as it stands in the warning of the webhook. */
export type LeftOut = { readonly container: string, readonly why: string }

/**
 * Reads `WAYLAY_CONFIG`.
 *
 * @throws {WaylayError} `WAYLAY_CONFIG_INVALID` naming the field and its value.
 */
export function parseInjectedConfig (text: string): InjectedConfig {
  const value = parseJson(text)
  return {
    version: readString(value, 'version'),
    // Pods that were injected by a version without it know no other.
    mode: value['mode'] === undefined ? 'iptables' : readMode(value),
    namespace: readString(value, 'namespace'),
    workload: readString(value, 'workload'),
    ports: readArray(value, 'ports').map(readAppPort),
    detours: readArray(value, 'detours').map(item => ({ port: readPort(item, 'port'), to: readPort(item, 'to') })),
    forwardedFor: readForwardedFor(value),
    ticketKey: readString(value, 'ticketKey'),
    ...(value['renamed'] !== undefined && {
      renamed: readArray(value, 'renamed').map(item => ({ from: readString(item, 'from'), to: readString(item, 'to') }))
    }),
    ...(value['pullSecret'] !== undefined && { pullSecret: readString(value, 'pullSecret') })
  }
}

/**
 * Reads the annotation `waylay.dev/status`.
 *
 * @throws {WaylayError} `WAYLAY_CONFIG_INVALID` naming the field and its value.
 */
export function parseInjectionStatus (text: string): InjectionStatus {
  const value = parseJson(text)
  return {
    version: readString(value, 'version'),
    mode: readMode(value),
    workload: readString(value, 'workload'),
    ports: readArray(value, 'ports')
      .map(item => readAppPort({ ...item, listener: 1 }))
      .map(({ listener: _listener, ...port }) => port),
    ...(value['unseen'] !== undefined && { unseen: readNumbers(value, 'unseen') }),
    ...(value['propagate'] !== undefined && { propagate: readLanguage(value) }),
    ...(value['propagateLeftOut'] !== undefined && {
      propagateLeftOut: readArray(value, 'propagateLeftOut')
        .map(item => ({ container: readString(item, 'container'), why: readString(item, 'why') }))
    }),
    ...(value['propagateAlone'] !== undefined && {
      propagateAlone: readNames(value, 'propagateAlone')
    })
  }
}

function readMode (value: Fields): InjectionMode {
  const mode = readString(value, 'mode')
  if (mode !== 'iptables' && mode !== 'named-port') throw invalid('mode', mode)
  return mode
}

function readLanguage ({ propagate }: Fields): PropagateLanguage {
  const language = PROPAGATE_LANGUAGES.find(known => known === propagate)
  if (language === undefined) throw invalid('propagate', propagate)
  return language
}

type Fields = Readonly<Record<string, unknown>>

function parseJson (text: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new WaylayError('WAYLAY_CONFIG_INVALID', `Not JSON: ${text.slice(0, 80)}`, { cause })
  }
  return readObject(value, '(whole)')
}

function readObject (value: unknown, field: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(field, value)
  return value as Fields
}

function readAppPort (item: Fields): AppPort {
  const redirect = readString(item, 'redirect')
  if (redirect !== 'always' && redirect !== 'on-demand') throw invalid('redirect', redirect)
  const { name, tlsSecret } = item
  return {
    port: readPort(item, 'port'),
    listener: readPort(item, 'listener'),
    redirect,
    ...(typeof name === 'string' && { name }),
    ...(typeof tlsSecret === 'string' && { tlsSecret: readSecretName(tlsSecret) })
  }
}

// It becomes a part of a path.
function readSecretName (name: string): string {
  if (!SECRET_NAME.test(name)) throw invalid('tlsSecret', name)
  return name
}

function readString (fields: Fields, field: string): string {
  const value = fields[field]
  if (typeof value !== 'string' || value === '') throw invalid(field, value)
  return value
}

// Pods that were injected by a version without it say nothing, and nothing was changed for them.
function readForwardedFor ({ forwardedFor = false }: Fields): boolean {
  if (typeof forwardedFor !== 'boolean') throw invalid('forwardedFor', forwardedFor)
  return forwardedFor
}

function readPort (fields: Fields, field: string): number {
  const value = fields[field]
  if (!Number.isInteger(value) || Number(value) < 1 || Number(value) > 65535) throw invalid(field, value)
  return Number(value)
}

function readNumbers (fields: Fields, field: string): number[] {
  const value = fields[field]
  if (!Array.isArray(value)) throw invalid(field, value)
  return value.map((item: unknown) => readPort({ [field]: item }, field))
}

function readNames (fields: Fields, field: string): string[] {
  const value = fields[field]
  if (!Array.isArray(value)) throw invalid(field, value)
  return value.map((item: unknown) => readString({ [field]: item }, field))
}

function readArray (fields: Fields, field: string): Fields[] {
  const value = fields[field]
  if (!Array.isArray(value)) throw invalid(field, value)
  return value.map(item => readObject(item, field))
}

function invalid (field: string, value: unknown): WaylayError {
  return new WaylayError('WAYLAY_CONFIG_INVALID', `Field "${field}" is ${JSON.stringify(value) ?? 'missing'}`)
}
