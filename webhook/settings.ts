import { SYSTEM_NAMESPACE } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import { PREVIEW_DOMAIN, PREVIEW_DOMAIN_WORDS } from '../intercepts/preview-domain.ts'

/** How the webhook was set up, from the environment of its Deployment. */
export type Settings = {
  readonly sidecarImage: string
  /** Of `waylay.dev/propagate`. Manifests of older versions name none. */
  readonly propagateImage: string | undefined
  readonly imagePullPolicy: string
  readonly logLevel: string
  /** Where waylay itself lives. */
  readonly namespace: string
  readonly port: number
  /** Plain HTTP, for scrapers. */
  readonly metricsPort: number
  /** A Secret of type kubernetes.io/tls beside ours that holds the certificate to serve with, instead of our own. */
  readonly certificateSecret: string | undefined
  /** A Secret of type kubernetes.io/dockerconfigjson beside ours, by which the injected containers' image is pulled. */
  readonly imagePullSecret: string | undefined
  /** Where the preview gateway serves: `preview.example.com`, with `:port` where it is not 443. */
  readonly previewDomain: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const LOG_LEVELS = ['error', 'warn', 'info', 'debug']
const SECRET_NAME = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

/**
 * Reads the settings.
 *
 * @throws {WaylayError} `WAYLAY_SETTINGS_INVALID` naming the variable and its value.
 */
export function readSettings (env: Environment): Settings {
  return {
    sidecarImage: readPattern(env, 'WAYLAY_SIDECAR_IMAGE', undefined, /^\S+$/, 'an image reference'),
    propagateImage: readOptional(env, 'WAYLAY_PROPAGATE_IMAGE', /^\S+$/, 'an image reference'),
    imagePullPolicy: readChoice(env, 'WAYLAY_IMAGE_PULL_POLICY', 'IfNotPresent', PULL_POLICIES),
    logLevel: readChoice(env, 'WAYLAY_LOG_LEVEL', 'info', LOG_LEVELS),
    namespace: readPattern(env, 'WAYLAY_NAMESPACE', SYSTEM_NAMESPACE, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a namespace'),
    port: readPort(env, 'WAYLAY_PORT', '8443'),
    metricsPort: readPort(env, 'WAYLAY_METRICS_PORT', '9090'),
    certificateSecret: readOptional(env, 'WAYLAY_CERTIFICATE_SECRET', SECRET_NAME, 'the name of a Secret'),
    imagePullSecret: readOptional(env, 'WAYLAY_IMAGE_PULL_SECRET', SECRET_NAME, 'the name of a Secret'),
    previewDomain: readOptional(env, 'WAYLAY_PREVIEW_DOMAIN', PREVIEW_DOMAIN, PREVIEW_DOMAIN_WORDS)
  }
}

function readPattern (
  env: Environment, name: string, fallback: string | undefined, pattern: RegExp, wanted: string
): string {
  const value = env[name] ?? fallback
  if (value === undefined || !pattern.test(value)) throw invalid(name, value, wanted)
  return value
}

// Empty counts as not set: that is how a chart's values leave something out.
function readOptional (env: Environment, name: string, pattern: RegExp, wanted: string): string | undefined {
  return env[name] === undefined || env[name] === '' ? undefined : readPattern(env, name, undefined, pattern, wanted)
}

function readChoice (env: Environment, name: string, fallback: string, allowed: readonly string[]): string {
  const value = env[name] ?? fallback
  if (!allowed.includes(value)) throw invalid(name, value, `one of ${allowed.join(', ')}`)
  return value
}

function readPort (env: Environment, name: string, fallback: string): number {
  const text = readPattern(env, name, fallback, /^\d{1,5}$/, 'a port number')
  if (Number(text) > 65535) throw invalid(name, text, 'a port number')
  return Number(text)
}

function invalid (name: string, value: string | undefined, wanted: string): WaylayError {
  const state = value === undefined ? 'is not set' : `is "${value}"`
  return new WaylayError('WAYLAY_SETTINGS_INVALID', `The environment variable ${name} ${state}; it must be ${wanted}`)
}
