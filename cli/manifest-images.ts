import { WaylayError } from '../common/errors.ts'
import type { Manifest } from './manifests.ts'

export type ImageFlags = {
  readonly imageRegistry?: string
  readonly webhookImage?: string
  readonly sidecarImage?: string
}

/** In the webhook's Deployment: the image it puts into pods. */
const SIDECAR_IMAGE_VARIABLE = 'WAYLAY_SIDECAR_IMAGE'

type Variable = { readonly name: string, readonly value?: string }
type Container = { readonly image: string, readonly env?: readonly Variable[] }
type PodTemplate = { readonly spec: { readonly containers: readonly Container[] } }
type Deployment = Manifest & { readonly spec: { readonly template: PodTemplate } }

/** Writes the images the administrator chose into the webhook's Deployment; other objects stay as they are. */
export function chooseImages (manifest: Manifest, flags: ImageFlags): Manifest {
  if (manifest.kind !== 'Deployment') return manifest
  const deployment = manifest as Deployment
  const { template } = deployment.spec
  const containers = template.spec.containers.map(container => ({
    ...container,
    image: flags.webhookImage ?? moveImage(container.image, flags.imageRegistry),
    env: chooseSidecar(container.env ?? [], flags)
  }))
  const withImages: Deployment = {
    ...deployment,
    spec: { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } }
  }
  return withImages
}

function chooseSidecar (env: readonly Variable[], flags: ImageFlags): readonly Variable[] {
  if (!env.some(({ name }) => name === SIDECAR_IMAGE_VARIABLE)) {
    throw new WaylayError('WAYLAY_INTERNAL', `The webhook's Deployment does not set ${SIDECAR_IMAGE_VARIABLE}`)
  }
  return env.map(variable => variable.name === SIDECAR_IMAGE_VARIABLE
    ? { ...variable, value: flags.sidecarImage ?? moveImage(variable.value ?? '', flags.imageRegistry) }
    : variable)
}

/** `ghcr.io/x/webhook:1` in `registry.example.org/waylay` -> `registry.example.org/waylay/webhook:1`. */
function moveImage (image: string, registry: string | undefined): string {
  return registry === undefined ? image : `${registry.replace(/\/+$/, '')}/${image.split('/').at(-1) ?? ''}`
}
