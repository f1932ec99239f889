import { SYSTEM_NAMESPACE } from '../../common/contract.ts'
import { FIELD_MANAGER, type Found, type Objects } from '../cluster/objects.ts'
import { IMAGE_VARIABLES, PREVIEW_DEPLOYMENT } from '../manifest-images.ts'
import { VERSION_LABEL } from './choose-manifests.ts'
import type { InstallOptions } from './options.ts'

/** Who else than `waylay install` put an installation there. */
export type Installer =
  | { readonly kind: 'helm', readonly release: string, readonly namespace: string }
  /** `manager`: as it called itself to the API server, `kubectl-client-side-apply` or `argocd-controller`. */
  | { readonly kind: 'other', readonly manager: string }

/** An installation as it stands in the cluster. */
export type Installation = {
  /** Undefined where it cannot be told. */
  readonly version: string | undefined
  /** Undefined: `waylay install`. */
  readonly installer: Installer | undefined
  /** As it was set up. */
  readonly options: InstallOptions
}

type Variable = { readonly name: string, readonly value?: string }
type Container = { readonly image?: string, readonly env?: readonly Variable[] }
type Volume = { readonly name?: string, readonly secret?: { readonly secretName?: string } }
type PodSpec = { readonly containers?: readonly Container[], readonly volumes?: readonly Volume[] }
type Deployment = Found & { readonly spec?: { readonly template?: { readonly spec?: PodSpec } } }

const WEBHOOK = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'waylay-webhook', namespace: SYSTEM_NAMESPACE }
}

const PREVIEW = { ...WEBHOOK, metadata: { ...WEBHOOK.metadata, name: PREVIEW_DEPLOYMENT } }

/** Looks for the webhook's Deployment: without it nothing works, so that nothing counts as installed. */
export async function findInstallation (objects: Objects): Promise<Installation | undefined> {
  const deployment = await objects.get(WEBHOOK) as Deployment | undefined
  if (deployment === undefined) return undefined
  const { image = '', env = [] } = deployment.spec?.template?.spec?.containers?.[0] ?? {}
  const valueOf = (name: string): string | undefined => env.find(variable => variable.name === name)?.value
  const images = readImages({
    webhookImage: image,
    sidecarImage: valueOf(IMAGE_VARIABLES.sidecarImage) ?? '',
    propagateImage: valueOf(IMAGE_VARIABLES.propagateImage)
  }, deployment.metadata.labels?.[VERSION_LABEL])
  const imagePullSecret = valueOf('WAYLAY_IMAGE_PULL_SECRET')
  return {
    version: deployment.metadata.labels?.[VERSION_LABEL] ?? /:([^:/@]+)$/.exec(image)?.[1],
    installer: installerOf(deployment),
    options: {
      ...images,
      ...(imagePullSecret !== undefined && imagePullSecret !== '' && { imagePullSecret }),
      ...await readPreview(objects, valueOf('WAYLAY_PREVIEW_DOMAIN'), images)
    }
  }
}

/** How the preview gateway is set up, where there is one. */
async function readPreview (
  objects: Objects, previewDomain: string | undefined, { imageRegistry }: InstallOptions
): Promise<InstallOptions> {
  if (previewDomain === undefined || previewDomain === '') return {}
  const deployment = await objects.get(PREVIEW) as Deployment | undefined
  const { containers: [{ image, env = [] } = {}] = [], volumes = [] } = deployment?.spec?.template?.spec ?? {}
  const servesTls = env.some(({ name, value }) => name === 'WAYLAY_PREVIEW_TLS' && value === 'secret')
  const previewTlsSecret = volumes.find(({ name }) => name === 'tls')?.secret?.secretName
  return {
    previewDomain,
    ...(servesTls && previewTlsSecret !== undefined && { previewTlsSecret }),
    ...(imageRegistry === undefined && image !== undefined && { previewImage: image })
  }
}

/**
 * Of one registry and under the version's own tag as a rule; others were named in full, by their digests or by tags of
 * somebody's own.
 */
function readImages (named: NamedImages, version: string | undefined): InstallOptions {
  const { webhookImage, sidecarImage, propagateImage } = named
  const [, registry, tag] = /^([^@]+)\/webhook:([^/@]+)$/.exec(webhookImage) ?? []
  const isUsual = sidecarImage === `${registry}/sidecar:${tag}` && (version === undefined || tag === version) &&
    // Older versions have no such image.
    (propagateImage === undefined || propagateImage === `${registry}/propagate:${tag}`)
  if (registry !== undefined && isUsual) return { imageRegistry: registry }
  return { webhookImage, sidecarImage, ...(propagateImage !== undefined && { propagateImage }) }
}

type NamedImages = {
  readonly webhookImage: string
  readonly sidecarImage: string
  readonly propagateImage: string | undefined
}

function installerOf ({ metadata: { annotations = {}, managedFields = [] } }: Found): Installer | undefined {
  // First: where we took it over from Helm, its annotations stay.
  if (managedFields.some(({ manager, operation }) => manager === FIELD_MANAGER && operation === 'Apply')) return undefined
  const release = annotations['meta.helm.sh/release-name']
  if (release !== undefined) {
    return { kind: 'helm', release, namespace: annotations['meta.helm.sh/release-namespace'] ?? 'default' }
  }
  const [first] = managedFields.filter(({ manager }) => manager !== 'kube-controller-manager')
  return { kind: 'other', manager: first?.manager ?? 'unknown' }
}

/** Who it was, for people, with what goes on from there. */
export function describeInstaller (installer: Installer): { readonly by: string, readonly update: string } {
  if (installer.kind === 'helm') {
    const { release, namespace } = installer
    return { by: `Helm (release ${release} in ${namespace})`, update: `helm upgrade ${release} <chart> --namespace ${namespace}` }
  }
  return { by: installer.manager, update: 'kubectl apply -k <manifests>' }
}
