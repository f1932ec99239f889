import { WaylayError } from '../../common/errors.ts'
import { FAILURES, type WaylayCode } from '../../common/failures.ts'
import type { Asked } from './asked.ts'
import { hintForRight } from './missing-right.ts'

/** The API server's `Status` object, as far as we read it. */
export type ApiStatus = {
  readonly message?: string
  readonly reason?: string
  readonly details?: { readonly name?: string }
}

// By a webhook, or by a policy that the API server checks itself.
const DENIED = /^(?:admission webhook "[^"]*" denied the request|.*? ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied request): ?(.*)$/s

/** The one place where the API server's refusals become ours. */
export function toRefusal (httpStatus: number, status: ApiStatus, asked: Asked): WaylayError {
  const text = status.message ?? `HTTP ${httpStatus}`
  const denied = DENIED.exec(text)
  if (denied !== null) return toDenial(denied[1] || text)
  if (httpStatus === 401) {
    return new WaylayError('WAYLAY_FORBIDDEN', 'The cluster does not accept your credentials (401)',
      { hint: 'Log in again, then try: kubectl auth whoami' })
  }
  if (httpStatus === 403) return toForbidden(text, asked)
  if (/failed calling webhook|no endpoints available for service/.test(text)) {
    return new WaylayError('WAYLAY_INSTALL_FAILED', `waylay's webhook does not answer the cluster: ${text}`)
  }
  if (httpStatus === 404 && asked.resource.endsWith('.waylay.dev') && status.details?.name === undefined) {
    return new WaylayError('WAYLAY_NOT_INSTALLED', 'waylay is not installed in this cluster')
  }
  if (httpStatus >= 500 || httpStatus === 429) {
    return new WaylayError('WAYLAY_NO_CLUSTER', `The API server could not ${describe(asked)}: ${text}`)
  }
  return new WaylayError(codeIn(text) ?? 'WAYLAY_INTERNAL', `The API server refused to ${describe(asked)}: ${text}`)
}

/** The one place where a connection to the API server that failed becomes ours. */
export function toUnreachable (server: URL, context: string, cause: unknown): WaylayError {
  if (cause instanceof WaylayError) return cause
  const where = `${server.origin} (context "${context}")`
  return new WaylayError('WAYLAY_NO_CLUSTER', `Cannot reach the cluster at ${where}: ${reasonOf(cause)}`, {
    cause,
    hint: `Check it with: kubectl --context ${context} get namespaces`
  })
}

function toForbidden (text: string, asked: Asked): WaylayError {
  // Some 403s are no matter of rights: a quota, a namespace that is going.
  if (!/ cannot |^$|HTTP 403/.test(text)) return new WaylayError('WAYLAY_FORBIDDEN', text)
  // Which verb a port-forward needs depends on the API server's version (`create` from 1.35 on), and it says which.
  const said = asked.resource === 'pods/portforward' ? / cannot (get|create) /.exec(text)?.[1] : undefined
  const missing = said === undefined ? asked : { ...asked, verb: said as 'get' | 'create' }
  return new WaylayError('WAYLAY_FORBIDDEN', `You may not ${describe(missing)}`, { hint: hintForRight(missing, text) })
}

/** Our webhook writes `CODE: message. hint`, because the API server hands on the text and nothing else. */
function toDenial (text: string): WaylayError {
  const code = codeIn(text)
  if (code === undefined) return new WaylayError('WAYLAY_FORBIDDEN', text)
  const words = text.replace(`${code}: `, '')
  const [, message = words, hint] = /^(.*?)\. ([A-Z].*)$/s.exec(words) ?? []
  return new WaylayError(code, message, hint === undefined ? {} : { hint })
}

/** `get deployments.apps "payments" in namespace "shop"`. */
function describe ({ verb, resource, name, namespace }: Asked): string {
  return [verb, resource, name && `"${name}"`, namespace && `in namespace "${namespace}"`].filter(Boolean).join(' ')
}

function codeIn (text: string): WaylayCode | undefined {
  const code = /WAYLAY_[A-Z_]+/.exec(text)?.[0]
  return code !== undefined && code in FAILURES ? code as WaylayCode : undefined
}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was reset',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'its name does not resolve now',
  ETIMEDOUT: 'no answer',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not signed by the kubeconfig\'s certificate authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not signed by the kubeconfig\'s certificate authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not signed by the kubeconfig\'s certificate authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not signed by the kubeconfig\'s certificate authority',
  CERT_SIGNATURE_FAILURE: 'its certificate is not signed by the kubeconfig\'s certificate authority',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name'
}

function reasonOf (cause: unknown): string {
  // Happy eyeballs wraps the refusals of several addresses into one AggregateError with an empty message.
  const error = cause instanceof AggregateError ? cause.errors[0] as unknown : cause
  const { code, message } = (error ?? {}) as { code?: unknown, message?: unknown }
  const known = typeof code === 'string' ? REASONS[code] : undefined
  return known ?? (typeof message === 'string' && message !== '' ? message : String(cause))
}
