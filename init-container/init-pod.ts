import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { INJECTED_ENV, REDIRECTED_MARKER } from '../common/contract.ts'
import { toWaylayError, WaylayError } from '../common/errors.ts'
import { parseInjectedConfig, type InjectedConfig } from '../common/injected.ts'
import { checkConfig } from './check-config.ts'
import type { Family } from './plan-rules.ts'
import { removeRedirect, writeRedirect, type RedirectDeps } from './write-redirect.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/** What the shared directory tells the proxy and a person who looks: the pod is redirected. */
export type RedirectedMarker = {
  readonly backEnd: string
  readonly families: readonly Family[]
  /** Why a family has no rules. */
  readonly notes: readonly string[]
}

export type InitResult =
  | { readonly kind: 'redirected', readonly marker: RedirectedMarker }
  | { readonly kind: 'untouched', readonly message: string }

/** Redirects the pod, or leaves it as if we had never been there. Never throws: the app must start either way. */
export function initPod (env: Environment, sharedDir: string, deps: RedirectDeps): InitResult {
  const markerPath = join(sharedDir, REDIRECTED_MARKER)
  try {
    // The directory outlives the pod's network when the node restarts; a marker of then would be a lie now.
    rmSync(markerPath, { force: true })
    const config = readConfig(env)
    const families = readFamilies(env)
    const backEnd = writeRedirect(config, families, { ...deps, onlyBackEnd: readBackEnd(env, deps) })
    const notes = families.includes(6) ? [] : ['no IPv6 rules: the pod has no IPv6 address']
    if (!families.includes(4)) notes.push('no IPv4 rules: the pod has no IPv4 address')
    const marker: RedirectedMarker = { backEnd, families, notes }
    mkdirSync(sharedDir, { recursive: true })
    writeFileSync(markerPath, JSON.stringify(marker) + '\n')
    return { kind: 'redirected', marker }
  } catch (cause) {
    return { kind: 'untouched', message: leaveUntouched(toWaylayError(cause), deps) }
  }
}

/**
 * Reads `WAYLAY_CONFIG`.
 *
 * @throws {WaylayError} `WAYLAY_CONFIG_INVALID` naming the field and its value.
 */
export function readConfig (env: Environment): InjectedConfig {
  const text = env[INJECTED_ENV.config]
  if (text === undefined || text === '') throw new WaylayError('WAYLAY_CONFIG_INVALID', `${INJECTED_ENV.config} is not set`)
  const config = parseInjectedConfig(text)
  checkConfig(config)
  return config
}

/** The families the pod has an address of: nobody can call it with another, and a kernel may lack the other's nat. */
function readFamilies (env: Environment): readonly Family[] {
  const addresses = (env[INJECTED_ENV.podIps] ?? '').split(',').map(text => text.trim()).filter(text => text !== '')
  if (addresses.length === 0) throw new WaylayError('WAYLAY_CONFIG_INVALID', `${INJECTED_ENV.podIps} is not set`)
  const families = new Set(addresses.map((address): Family => address.includes(':') ? 6 : 4))
  return [...families].sort()
}

/** The back end that a person or a test insists on. */
function readBackEnd (env: Environment, { backEnds }: RedirectDeps): string | undefined {
  const name = env['WAYLAY_BACK_END'] ?? ''
  if (name === '' || backEnds.some(backEnd => backEnd.name === name)) return name === '' ? undefined : name
  const names = backEnds.map(({ name }) => name).join(', ')
  throw new WaylayError('WAYLAY_CONFIG_INVALID', `WAYLAY_BACK_END is ${JSON.stringify(name)}, not one of ${names}`)
}

function leaveUntouched (error: WaylayError, deps: RedirectDeps): string {
  const left = removeRedirect(deps)
  return [`${error.code}: ${error.message}`, ...left, error.hint].join('\n')
}
