import { WaylayError } from '../common/errors.ts'
import type { Manifest } from './manifests.ts'

export type ImageFlags = {
  readonly imageRegistry?: string
  readonly webhookImage?: string
  readonly sidecarImage?: string
  readonly propagateImage?: string
  readonly previewImage?: string
}

export const PREVIEW_DEPLOYMENT = 'waylay-preview'

/** In the webhook's Deployment: the images it puts into pods. */
export const IMAGE_VARIABLES = { sidecarImage: 'WAYLAY_SIDECAR_IMAGE', propagateImage: 'WAYLAY_PROPAGATE_IMAGE' } as const

type Variable = { readonly name: string, readonly value?: string }
type Container = { readonly image: string, readonly env?: readonly Variable[] }
type PodTemplate = { readonly spec: { readonly containers: readonly Container[] } }
type Deployment = Manifest & { readonly spec: { readonly template: PodTemplate } }

/** Writes the images the administrator chose into the Deployments; other objects stay as they are. */
export function chooseImages (manifest: Manifest, flags: ImageFlags): Manifest {
  if (manifest.kind !== 'Deployment') return manifest
  const deployment = manifest as Deployment
  const { template } = deployment.spec
  const isPreview = manifest.metadata.name === PREVIEW_DEPLOYMENT
  const containers = template.spec.containers.map(container => ({
    ...container,
    image: (isPreview ? flags.previewImage : flags.webhookImage) ?? moveImage(container.image, flags.imageRegistry),
    env: isPreview ? container.env ?? [] : chooseInjected(container.env ?? [], flags)
  }))
  const withImages: Deployment = {
    ...deployment,
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } }
  }
  return withImages
}

function chooseInjected (env: readonly Variable[], flags: ImageFlags): readonly Variable[] {
  const chosen = new Map<string, string | undefined>([
    [IMAGE_VARIABLES.sidecarImage, flags.sidecarImage], [IMAGE_VARIABLES.propagateImage, flags.propagateImage]
  ])
  const missing = [...chosen.keys()].find(name => !env.some(variable => variable.name === name))
  if (missing !== undefined) throw new WaylayError('WAYLAY_INTERNAL', `The webhook's Deployment does not set ${missing}`)
  return env.map(variable => chosen.has(variable.name)
    ? { ...variable, value: chosen.get(variable.name) ?? moveImage(variable.value ?? '', flags.imageRegistry) }
    : variable)
}

/** `ghcr.io/x/webhook:1` in `registry.example.org/waylay` -> `registry.example.org/waylay/webhook:1`. */
function moveImage (image: string, registry: string | undefined): string {
  return registry === undefined ? image : `${registry.replace(/\/+$/, '')}/${image.split('/').at(-1) ?? ''}`
}
