import { ROUTING_HEADER } from '../common/contract.ts'
import { readSite, type Site } from './site.ts'

/** What the user chose. */
export type Settings = {
  readonly on: boolean
  /** The header's name. */
  readonly name: string
  /** Empty until there is one: then nothing is sent. */
  readonly value: string
  readonly sites: readonly Site[]
}

/** Browsers take at most 1,000 rules of our kind. */
export const MAX_SITES = 100

export const DEFAULTS: Settings = { on: false, name: ROUTING_HEADER, value: '', sites: [] }

/** What was stored, by this version or another: whatever is not as it should be is as if it had never been set. */
export function readSettings (stored: unknown): Settings {
  if (typeof stored !== 'object' || stored === null) return DEFAULTS
  const { on, name, value, sites } = stored as Readonly<Record<string, unknown>>
  return {
    on: on === true,
    name: typeof name === 'string' && name !== '' ? name : DEFAULTS.name,
    value: typeof value === 'string' ? value : DEFAULTS.value,
    sites: Array.isArray(sites) ? withoutNonsense(sites) : DEFAULTS.sites
  }
}

function withoutNonsense (sites: readonly unknown[]): readonly Site[] {
  const read = sites.map(site => typeof site === 'string' ? readSite(site) : { problem: 'no text' })
  return [...new Set(read.filter(site => typeof site === 'string'))].slice(0, MAX_SITES)
}

/** The settings with one more site; the same ones if it is there, or if there is no room: another would fall out. */
export function withSite (settings: Settings, site: Site): Settings {
  const isFull = settings.sites.length >= MAX_SITES
  return isFull || settings.sites.includes(site) ? settings : { ...settings, sites: [...settings.sites, site].sort() }
}

export function withoutSite (settings: Settings, site: Site): Settings {
  return { ...settings, sites: settings.sites.filter(other => other !== site) }
}
