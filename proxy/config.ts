import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { KeyObject } from 'node:crypto'
import { INJECTED_ENV, REDIRECTED_MARKER, SHARED_DIR, TLS_DIR } from '../common/contract.ts'
import { WaylayError } from '../common/errors.ts'
import { parseInjectedConfig, type InjectedConfig } from '../common/injected.ts'
import { readPublicKey } from '../intercepts/ticket.ts'

/** What the proxy knows at its start. */
export type Config = InjectedConfig & {
  readonly pod: string
  readonly podIps: readonly string[]
  readonly ticketPublicKey: KeyObject
  /** False where waylay-init could not write its rules, or is not there: then lo has no addresses of ours either. */
  readonly redirected: boolean
  /** Whether callers come to us at all: redirected, or by the name that we have in the mode `named-port`. */
  readonly isInTheWay: boolean
  readonly logLevel: string
  /** Where the Secrets of certificates are mounted. */
  readonly tlsDir: string
}

/**
 * Reads the environment that the webhook wrote.
 *
 * @throws {WaylayError} `WAYLAY_CONFIG_INVALID` naming the variable.
 */
export function readConfig (env: Readonly<Record<string, string | undefined>>): Config {
  const required = (name: string): string => {
    const value = env[name]
    if (value === undefined || value === '') throw new WaylayError('WAYLAY_CONFIG_INVALID', `${name} is not set`)
    return value
  }
  const injected = parseInjectedConfig(required(INJECTED_ENV.config))
  const redirected = existsSync(join(env['WAYLAY_SHARED_DIR'] ?? SHARED_DIR, REDIRECTED_MARKER))
  return {
    ...injected,
    namespace: required(INJECTED_ENV.podNamespace),
    pod: required(INJECTED_ENV.podName),
    podIps: required(INJECTED_ENV.podIps).split(','),
    ticketPublicKey: readPublicKey(injected.ticketKey),
    redirected,
    isInTheWay: redirected || injected.mode === 'named-port',
    tlsDir: env['WAYLAY_TLS_DIR'] ?? TLS_DIR,
    logLevel: env['WAYLAY_LOG_LEVEL'] ?? 'info'
  }
}
