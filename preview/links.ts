import { leaseOf } from '../intercepts/lease.ts'
import { parseMatch } from '../intercepts/match.ts'
import type { Intercept } from '../intercepts/object.ts'
import { isTokenOf, previewName, type Preview, type PreviewHolder } from '../intercepts/preview.ts'
import { previewHeaders, type PreviewHeader } from '../intercepts/preview-headers.ts'
import { createTombs } from './tombs.ts'

/** A link that leads somewhere now. */
export type Link = {
  /** First label of its origin. */
  readonly name: string
  readonly namespace: string
  readonly service: string
  readonly port: number
  /** What makes a request the developer's. */
  readonly headers: readonly PreviewHeader[]
  /** ms since the epoch. */
  readonly endMs: number
}

/** Why a token leads nowhere. Nobody learns which of them a token that never was has been. */
export type Ended =
  /** Its time is over. */
  | 'expired'
  /** Its developer, or an administrator, took it back. */
  | 'revoked'
  /** The intercept is over, or somebody else's. */
  | 'ended'
  /** Nobody renews the intercept: its developer may come back. */
  | 'away'
  /** The namespace does not allow previews any more. */
  | 'withdrawn'
  | 'unknown'

export type Found = { readonly kind: 'live', readonly link: Link } | { readonly kind: Ended }

/** Every preview there is, kept up to date from outside. */
export type Links = {
  readonly put: (intercept: Intercept) => void
  readonly remove: (intercept: Intercept) => void
  readonly find: (token: string) => Found
  /** How many there are, whether they lead somewhere or not. */
  readonly size: () => number
}

export type LinksDeps = {
  readonly domain: string
  /** Waylay's own: nothing in it is shown, or the gateway could show itself. */
  readonly systemNamespace: string
  readonly allowsPreviews: (namespace: string) => boolean
  /** The API server's clock, ms since the epoch. */
  readonly nowMs: () => number
  /** The same clock when what is known was last true: during an outage of the API server, its beginning. */
  readonly newsMs: () => number
}

type Entry = { readonly intercept: Intercept, readonly preview: Preview, readonly holder: PreviewHolder }

export function createLinks (deps: LinksDeps): Links {
  const byIntercept = new Map<string, readonly Entry[]>()
  const byName = new Map<string, Set<Entry>>()
  const tombs = createTombs()
  const replace = (key: string, next: readonly Entry[]): readonly Entry[] => {
    const before = byIntercept.get(key) ?? []
    for (const entry of before) {
      const entries = byName.get(entry.preview.name)
      entries?.delete(entry)
      if (entries?.size === 0) byName.delete(entry.preview.name)
    }
    for (const entry of next) byName.set(entry.preview.name, (byName.get(entry.preview.name) ?? new Set()).add(entry))
    if (next.length === 0) byIntercept.delete(key)
    else byIntercept.set(key, next)
    return before
  }
  // Whoever shares anew makes room of links whose time is over: nobody has taken those back.
  const bury = (entry: Entry, kind: 'revoked' | 'ended'): void =>
    tombs.bury(entry, hasExpired(entry.preview, deps.nowMs()) ? 'expired' : kind)
  return {
    put: intercept => {
      const next = entriesOf(intercept)
      for (const before of replace(keyOf(intercept), next)) {
        const isThere = next.some(({ preview, holder }) =>
          preview.tokenDigest === before.preview.tokenDigest && holder.owner === before.holder.owner)
        if (!isThere) bury(before, before.holder.owner === intercept.spec.owner ? 'revoked' : 'ended')
      }
    },
    remove: intercept => {
      for (const before of replace(keyOf(intercept), [])) bury(before, 'ended')
    },
    find: token => {
      const [found, ...others] = [...byName.get(previewName(token)) ?? []]
        .filter(({ preview, holder }) => isTokenOf(preview.tokenDigest, token, holder))
      if (found === undefined) return { kind: tombs.find(token) ?? 'unknown' }
      // Whoever was given a link can make another of its token, on an intercept of theirs, and wait for its visitors.
      return others.length === 0 ? judge(found, deps) : { kind: 'unknown' }
    },
    size: () => [...byIntercept.values()].reduce((sum, entries) => sum + entries.length, 0)
  }
}

function judge ({ intercept, preview, holder: { namespace } }: Entry, deps: LinksDeps): Found {
  if (preview.domain !== deps.domain || namespace === deps.systemNamespace) return { kind: 'unknown' }
  if (hasExpired(preview, deps.nowMs())) return { kind: 'expired' }
  if (!deps.allowsPreviews(namespace)) return { kind: 'withdrawn' }
  if (leaseOf(intercept, deps.newsMs()) === 'expired') return { kind: 'away' }
  const headers = headersOf(intercept)
  if (headers === undefined) return { kind: 'unknown' }
  const { name, service, port } = preview
  return { kind: 'live', link: { name, namespace, service, port, headers, endMs: Date.parse(preview.expiresAt) } }
}

function hasExpired ({ expiresAt }: Preview, nowMs: number): boolean {
  // Not `<=`: what is no time at all has ended as well.
  return !(Date.parse(expiresAt) > nowMs)
}

function entriesOf (intercept: Intercept): readonly Entry[] {
  const { metadata: { namespace, name }, spec: { owner, previews = [] } } = intercept
  // Without an owner no webhook has seen it.
  if (owner === undefined) return []
  return previews.map(preview => ({ intercept, preview, holder: { namespace, intercept: name, owner } }))
}

function headersOf ({ spec: { match } }: Intercept): readonly PreviewHeader[] | undefined {
  try {
    return previewHeaders(parseMatch(match))
  } catch {
    // Written by hand while no webhook looked.
    return undefined
  }
}

function keyOf ({ metadata: { namespace, name } }: Intercept): string {
  return `${namespace}/${name}`
}
