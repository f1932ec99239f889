import { SYSTEM_NAMESPACE } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import { PREVIEW_DOMAIN, PREVIEW_DOMAIN_WORDS } from '../intercepts/preview-domain.ts'

/** How the gateway was set up, from the environment of its Deployment. */
export type Settings = {
  /** `preview.example.com`, with `:port` where visitors do not come to 443. */
  readonly domain: string
  /** Where previews are served. */
  readonly port: number
  /** Health and metrics, plain HTTP. */
  readonly healthPort: number
  /** Folder of a mounted Secret of type kubernetes.io/tls; undefined: TLS ends at an ingress in front of us. */
  readonly tlsFolder: string | undefined
  /** Where waylay itself lives: nothing in it is ever shown. */
  readonly namespace: string
  readonly logLevel: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * Reads the settings.
 *
 * @throws {WaylayError} `WAYLAY_SETTINGS_INVALID` naming the variable and its value.
 */
export function readSettings (env: Environment): Settings {
  const tls = read(env, 'WAYLAY_PREVIEW_TLS', 'secret', /^(secret|ingress)$/, 'secret or ingress')
  const folder = read(env, 'WAYLAY_PREVIEW_TLS_FOLDER', '/run/waylay-preview-tls', /^\//, 'an absolute path')
  return {
    domain: read(env, 'WAYLAY_PREVIEW_DOMAIN', undefined, PREVIEW_DOMAIN, PREVIEW_DOMAIN_WORDS),
    port: readPort(env, 'WAYLAY_PORT', '8443'),
    healthPort: readPort(env, 'WAYLAY_HEALTH_PORT', '9090'),
    tlsFolder: tls === 'secret' ? folder : undefined,
    namespace: read(env, 'WAYLAY_NAMESPACE', SYSTEM_NAMESPACE, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a namespace'),
    logLevel: read(env, 'WAYLAY_LOG_LEVEL', 'info', /^(error|warn|info|debug)$/, 'one of error, warn, info, debug')
  }
}

function read (env: Environment, name: string, fallback: string | undefined, pattern: RegExp, wanted: string): string {
  // Empty counts as not set: that is how a chart's values leave something out.
  const value = env[name] || fallback
  if (value !== undefined && pattern.test(value)) return value
  const state = value === undefined ? 'is not set' : `is "${value}"`
  throw new WaylayError('WAYLAY_SETTINGS_INVALID', `The environment variable ${name} ${state}; it must be ${wanted}`)
}

function readPort (env: Environment, name: string, fallback: string): number {
  const text = read(env, name, fallback, /^\d{1,5}$/, 'a port number')
  if (Number(text) <= 65535) return Number(text)
  throw new WaylayError('WAYLAY_SETTINGS_INVALID', `The environment variable ${name} is "${text}"; it must be a port number`)
}
