import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { API_GROUP, API_VERSION, INTERCEPTS_PLURAL, ROUTING_HEADER } from '../../common/contract.ts'
import { toWaylayError, WaylayError } from '../../common/errors.ts'
import { exactHeader } from '../../intercepts/header-match.ts'
import { interceptName } from '../../intercepts/name.ts'
import { newIntercept, type Intercept } from '../../intercepts/object.ts'
import { decodeTicket, writePublicKey } from '../../intercepts/ticket.ts'
import { callApi } from './api.ts'
import { toRefusal, type ApiStatus } from './api-failure.ts'
import type { Asked } from './asked.ts'
import type { Cluster } from './kubeconfig.ts'

/** What the webhook answered to a question that leaves nothing behind. */
export type WebhookAnswer =
  /** The API server called it and it signed. The version is missing from a webhook older than the field. */
  | { readonly kind: 'signs', readonly version: string | undefined }
  /** It answered, with a no: the namespace allows no intercepts. */
  | { readonly kind: 'refuses', readonly error: WaylayError }
  /** The API server did not even ask it: we may not create intercepts. */
  | { readonly kind: 'forbidden', readonly error: WaylayError }
  /** The API server did not reach it, or there is none. */
  | { readonly kind: 'silent', readonly error: WaylayError }

// A workload that nobody has: should the dry run ever be ignored, the object would intercept nothing.
const WORKLOAD = 'pod/waylay-doctor'

/**
 * Asks the API server to make an Intercept with `dryRun=All`: it calls the webhook as for a real one, keeping nothing.
 * Every developer may do this who may intercept at all.
 */
export async function askWebhook (cluster: Cluster, namespace: string, signal?: AbortSignal): Promise<WebhookAnswer> {
  const path = `/apis/${API_GROUP}/${API_VERSION}/namespaces/${namespace}/${INTERCEPTS_PLURAL}?dryRun=All`
  const asked = { verb: 'create', resource: `${INTERCEPTS_PLURAL}.${API_GROUP}`, namespace } as const
  try {
    const { status, body } = await callApi(cluster, {
      ...asked, path, body: trialIntercept(namespace), expected: [403], ...(signal !== undefined && { signal })
    })
    if (status === 403) return readRefusal(body as ApiStatus, asked)
    const { ticket } = (body as Intercept).spec
    return ticket === undefined ? { kind: 'silent', error: unsigned() } : { kind: 'signs', version: versionOf(ticket) }
  } catch (error) {
    return { kind: 'silent', error: toWaylayError(error) }
  }
}

function readRefusal (status: ApiStatus, asked: Asked): WebhookAnswer {
  const error = toRefusal(403, status, asked)
  return { kind: /^admission webhook "[^"]*waylay/.test(status.message ?? '') ? 'refuses' : 'forbidden', error }
}

function versionOf (ticket: string): string | undefined {
  try {
    return decodeTicket(ticket).version
  } catch {
    return undefined
  }
}

function unsigned (): WaylayError {
  return new WaylayError('WAYLAY_NOT_INSTALLED', 'The cluster knows intercepts, but no waylay webhook signs them')
}

function trialIntercept (namespace: string): Intercept {
  const match = { headers: [exactHeader(ROUTING_HEADER, `doctor-${randomBytes(8).toString('hex')}`)] }
  return newIntercept(namespace, interceptName(WORKLOAD, 1, match), {
    workload: WORKLOAD,
    port: 1,
    match,
    global: false,
    sessionKey: writePublicKey(generateKeyPairSync('ed25519').publicKey)
  })
}
