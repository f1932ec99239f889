import { WaylayError } from '../../../common/errors.ts'
import type { Environment } from '../../../environments/object.ts'
import { leaseOf } from '../../../intercepts/lease.ts'
import type { Intercept } from '../../../intercepts/object.ts'
import { derivePreviewToken, digestPreviewToken, isTokenOf, previewName, type Preview } from '../../../intercepts/preview.ts'
import { MAX_PREVIEW_MS } from '../../../intercepts/preview-limits.ts'
import { listIntercepts } from '../../cluster/intercepts.ts'
import type { Cluster } from '../../cluster/kubeconfig.ts'
import { changePreviews } from '../../preview/share/change-previews.ts'
import { depsOf } from '../../preview/share/share.ts'
import { ownerUidOf } from '../environment-parts.ts'

/** A link that anybody who has it may open. */
export type EnvironmentLink = {
  readonly url: string
  /** No secret. */
  readonly name: string
  readonly service: string
  readonly port: number
  readonly expiresAt: string
}

export type LinkedService = { readonly service: string, readonly port: number }

// One that ends so little sooner than it could is not written again.
const RENEW_MS = 60_000

/**
 * The link to a Service with the environment's header: the one that there is, or a new one. Its secret is made of what
 * only those can read who may read the environment, so it is the same whoever asks, and whenever.
 *
 * @throws {WaylayError} `WAYLAY_INTERCEPT_UNKNOWN` while its companion holds nothing; why the webhook refused.
 */
export async function linkTo (
  cluster: Cluster, environment: Environment, { service, port }: LinkedService
): Promise<EnvironmentLink> {
  const { metadata: { namespace, name, uid = '' }, spec } = environment
  const token = derivePreviewToken(`${uid} ${spec.value}`, `${service}:${port}`)
  const linkName = previewName(token)
  const intercepts = await listIntercepts(cluster, namespace)
  const intercept = chooseIntercept(intercepts, environment, linkName, cluster.serverNowMs())
  if (intercept === undefined) {
    throw new WaylayError('WAYLAY_INTERCEPT_UNKNOWN', `The companion of ${namespace}/${name} holds no intercept now`,
      { hint: `Wait until it does: waylay env logs ${name} -n ${namespace} --companion` })
  }
  const holder = { namespace, intercept: intercept.metadata.name, owner: intercept.spec.owner ?? '' }
  const endMs = Math.min(Date.parse(spec.expiresAt), cluster.serverNowMs() + MAX_PREVIEW_MS)
  const known = intercept.spec.previews?.find(preview => preview.name === linkName)
  const isGood = known !== undefined && isTokenOf(known.tokenDigest, token, holder) &&
    Date.parse(known.expiresAt) >= endMs - RENEW_MS
  const tokenDigest = digestPreviewToken(token, holder)
  const wanted = { name: linkName, tokenDigest, service, port, expiresAt: new Date(endMs).toISOString() }
  const preview = isGood ? known : await write(cluster, intercept, wanted)
  if (preview?.domain === undefined) {
    throw new WaylayError('WAYLAY_PREVIEW_NO_GATEWAY', 'The webhook of this cluster knows no shared previews')
  }
  return { url: `https://${token}.${preview.domain}/`, name: linkName, service, port, expiresAt: preview.expiresAt }
}

/** The live one that has this link already, or the oldest: a request with the header reaches all of them. */
function chooseIntercept (
  intercepts: readonly Intercept[], { metadata: { uid } }: Environment, link: string, nowMs: number
): Intercept | undefined {
  const its = intercepts.filter(intercept => ownerUidOf(intercept) === uid && leaseOf(intercept, nowMs) === 'live')
    .sort((a, b) => a.metadata.name < b.metadata.name ? -1 : 1)
  return its.find(({ spec }) => spec.previews?.some(({ name }) => name === link)) ?? its[0]
}

async function write (cluster: Cluster, intercept: Intercept, preview: Preview): Promise<Preview | undefined> {
  const isOpen = ({ name, expiresAt }: Preview): boolean =>
    name !== preview.name && Date.parse(expiresAt) > cluster.serverNowMs()
  const stored = await changePreviews(intercept, previews => [...previews.filter(isOpen), preview], depsOf(cluster))
  return stored.spec.previews?.find(({ name }) => name === preview.name)
}
