import { isDeepStrictEqual } from 'node:util'
import { ANNOTATIONS } from '../../common/contract.ts'
import { WaylayError } from '../../common/errors.ts'
import type { Match } from '../../intercepts/match.ts'
import { isPreviewName, type Preview } from '../../intercepts/preview.ts'
import { previewHeaders } from '../../intercepts/preview-headers.ts'
import { MAX_PREVIEW_MS, MAX_PREVIEWS } from '../../intercepts/preview-limits.ts'
import type { AddOperation, RemoveOperation } from '../operation.ts'
import type { InterceptDeps, NamespaceFacts } from './deps.ts'

/** The previews that an update asks for, and those that are there. */
export type PreviewChange = {
  readonly wanted: readonly Preview[]
  readonly stored: readonly Preview[]
}

type Given = {
  readonly namespace: string
  readonly match: Match
  readonly facts: NamespaceFacts
}

const DIGEST = /^[0-9a-f]{64}$/
// RFC 1035: label, as Services are called.
const SERVICE = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/
// The developer's clock is not the API server's.
const SKEW_MS = 60_000

/** Reads the previews of an object of a request and of the one that it replaces. */
export function readPreviewChange (object: unknown, oldObject: unknown): PreviewChange {
  return { wanted: listOf(object), stored: listOf(oldObject) }
}

/**
 * Checks the previews that were not there before, and writes the domain into them. Those that were stay as they are,
 * whatever has changed since: a renewal must not fail because a link has expired.
 *
 * @throws {WaylayError} `WAYLAY_PREVIEW_INVALID`, `WAYLAY_PREVIEW_UNFIT`, `WAYLAY_PREVIEW_NO_GATEWAY` or
 *   `WAYLAY_FORBIDDEN` naming what is wrong.
 */
export function stampPreviews (
  { wanted, stored }: PreviewChange, { namespace, match, facts }: Given, deps: InterceptDeps
): readonly AddOperation[] {
  const fresh = wanted.filter(preview => !isIn(stored, preview))
  if (fresh.length === 0) return []
  checkSet(wanted)
  for (const preview of fresh) checkOne(preview, deps.nowMs())
  previewHeaders(match)
  checkConsent(namespace, facts)
  const domain = deps.previewDomain
  if (domain === undefined) {
    throw new WaylayError('WAYLAY_PREVIEW_NO_GATEWAY', 'This cluster has no preview gateway')
  }
  return wanted.flatMap((preview, index): AddOperation[] =>
    fresh.includes(preview) ? [{ op: 'add', path: `/spec/previews/${index}/domain`, value: domain }] : [])
}

/**
 * Whoever changes an Intercept that stays somebody else's may take links away, and nothing more.
 *
 * @throws {WaylayError} `WAYLAY_CONFLICT` naming the link.
 */
export function checkOnlyRemoved ({ wanted, stored }: PreviewChange, owner: string | undefined): void {
  const changed = wanted.find(preview => !isIn(stored, preview))
  if (changed === undefined) return
  throw new WaylayError('WAYLAY_CONFLICT', `The preview ${String(changed.name)} is on an intercept that ${owner ?? 'somebody'} holds: only they add and change previews of it`)
}

/**
 * Whether an update takes links away and changes nothing else: that is for the holder to do whatever their namespace
 * allows by now.
 */
export function isRevocation (object: unknown, oldObject: unknown): boolean {
  const { wanted, stored } = readPreviewChange(object, oldObject)
  return wanted.length < stored.length && wanted.every(preview => isIn(stored, preview)) &&
    isDeepStrictEqual(withoutPreviews(object), withoutPreviews(oldObject))
}

function withoutPreviews (object: unknown): unknown {
  return { ...(object as { spec?: object } | null)?.spec, previews: undefined }
}

/** The links of the holder before must not lead their visitors to the next one. */
export function dropPreviews ({ wanted }: PreviewChange): readonly RemoveOperation[] {
  return wanted.length === 0 ? [] : [{ op: 'remove', path: '/spec/previews' }]
}

function listOf (object: unknown): readonly Preview[] {
  const previews = (object as { spec?: { previews?: unknown } } | null)?.spec?.previews ?? []
  return Array.isArray(previews) ? previews as readonly Preview[] : []
}

function isIn (stored: readonly Preview[], preview: Preview): boolean {
  return stored.some(other => isDeepStrictEqual(other, preview))
}

function checkSet (previews: readonly Preview[]): void {
  if (previews.length > MAX_PREVIEWS) throw invalid(`There are ${previews.length} previews, at most ${MAX_PREVIEWS} are allowed`)
  if (new Set(previews.map(({ name }) => name)).size < previews.length) throw invalid('Two previews have one name')
}

// The schema of the CRD says the same, where it is installed as it should be.
function checkOne ({ name, tokenDigest, service, port, expiresAt }: Preview, nowMs: number): void {
  if (typeof name !== 'string' || !isPreviewName(name)) throw invalid(`The preview's name is ${JSON.stringify(name)}, which is none`)
  if (!DIGEST.test(tokenDigest)) throw invalid(`The digest of preview ${name} is no SHA-256`)
  if (!SERVICE.test(service)) throw invalid(`The preview ${name} is of no Service`)
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw invalid(`The port of preview ${name} is none`)
  const endMs = Date.parse(expiresAt)
  if (Number.isNaN(endMs) || endMs <= nowMs) throw invalid(`The preview ${name} has no end that is yet to come`)
  if (endMs > nowMs + MAX_PREVIEW_MS + SKEW_MS) throw invalid(`The preview ${name} would last longer than ${MAX_PREVIEW_MS / 86_400_000} days`)
}

function checkConsent (namespace: string, { annotations }: NamespaceFacts): void {
  const consent = annotations[ANNOTATIONS.previews]
  if (consent === 'allow') return
  const says = consent === undefined ? `does not say ${ANNOTATIONS.previews}: allow` : `says ${ANNOTATIONS.previews}: ${consent.slice(0, 40)}`
  throw new WaylayError('WAYLAY_FORBIDDEN', `The namespace ${namespace} ${says}, so nothing in it can be shared`, {
    hint: `Have it allowed: kubectl annotate namespace ${namespace} ${ANNOTATIONS.previews}=allow`
  })
}

function invalid (message: string): WaylayError {
  return new WaylayError('WAYLAY_PREVIEW_INVALID', message)
}
