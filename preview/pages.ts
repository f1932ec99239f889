import { assertNever } from '../common/assert-never.ts'
import { FAILURES, type WaylayCode } from '../common/failures.ts'
import { FAILURE_POLICY, writeFailure, type PreviewFailure } from '../browse/failure-page.ts'
import type { Reason } from './decide.ts'

/** An answer of ours, whole. */
export type Page = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** Every answer of ours: nobody keeps it, and what its URL holds goes nowhere else. */
export const OWN_HEADERS = {
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-robots-tag': 'noindex'
} as const

/** The page that says why a visitor does not see the app. @param accept the request's `Accept`. */
export function writePage (reason: Reason, accept: string): Page {
  const failure = describe(reason)
  const { contentType, body } = writeFailure(failure, accept)
  return {
    status: failure.status,
    headers: {
      ...OWN_HEADERS,
      'content-type': contentType,
      'content-length': String(body.length),
      'content-security-policy': FAILURE_POLICY,
      'x-waylay-error': failure.code,
      ...reason === 'method' && { allow: 'GET, HEAD' },
      ...(reason === 'away' || reason === 'busy' || reason === 'blind') && { 'retry-after': '10' }
    },
    body
  }
}

function describe (reason: Reason): PreviewFailure {
  switch (reason) {
    case 'expired': return ended('This link has expired.')
    case 'revoked': return ended('This link was taken back.')
    case 'ended': return ended('The work that this link showed has ended.')
    case 'withdrawn': return ended('This namespace does not allow shared previews any more.')
    case 'away': return failure('WAYLAY_PREVIEW_AWAY', 503, 'The developer behind this link is away.')
    case 'unknown': return failure('WAYLAY_PREVIEW_UNKNOWN', 404, 'There is no preview here.', 'Check the link, or ask for a new one. It may have ended before this gateway was started.')
    case 'link-needed': return failure('WAYLAY_PREVIEW_LINK_NEEDED', 403, 'Only who has the link sees what is here.')
    case 'foreign': return failure('WAYLAY_PREVIEW_CROSS_ORIGIN', 403, 'Another page sent this request.')
    case 'worker': return failure('WAYLAY_PREVIEW_CROSS_ORIGIN', 403, 'A preview has no service workers.')
    case 'misdirected': return failure('WAYLAY_PREVIEW_MISDIRECTED', 421, 'This host is not served here.')
    case 'method': return failure('WAYLAY_PREVIEW_MISDIRECTED', 405, 'A link is opened with GET.')
    case 'unreachable': return failure('WAYLAY_PREVIEW_UNREACHABLE', 502, 'The app does not answer.')
    case 'unfit': return failure('WAYLAY_PREVIEW_UNREACHABLE', 502, 'The Service behind this link cannot be shown.')
    case 'busy': return failure('WAYLAY_PREVIEW_BUSY', 503, 'Too many requests are on their way.')
    case 'blind': return failure('WAYLAY_PREVIEW_BUSY', 503, 'The gateway does not hear from its cluster.')
    default: return assertNever(reason)
  }
}

function ended (message: string): PreviewFailure {
  return failure('WAYLAY_PREVIEW_ENDED', 410, message)
}

function failure (code: WaylayCode, status: number, message: string, hint?: string): PreviewFailure {
  return { status, code, message, hint: hint ?? FAILURES[code].hint }
}
