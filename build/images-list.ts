import { join } from 'node:path'
import { VERSION } from '../common/version.ts'
import { NEXT_VERSION } from './as-version.ts'
import { ROOT } from './bundle.ts'
import type { ContextName } from './images-contexts.ts'

/** One image and how it is built. */
export type Image = {
  /** As people and manifests write it. */
  readonly name: string
  readonly dockerfile: string
  readonly context: string
  readonly target?: string
  /** `python`: the tests' apps include one under gunicorn. `otel`: and services in Java, all with OpenTelemetry. */
  readonly base: 'node' | 'python' | 'otel'
  /** Folders that its Dockerfile copies from beside its context. */
  readonly contexts?: readonly ContextName[]
  /** What the programs in it say they are, where that is not the version of their sources. */
  readonly version?: string
}

/** Everything a cluster needs for the demo and the tests, by the short names the command line takes. */
export const IMAGES: Readonly<Record<string, Image>> = {
  sidecar: ofProduct('sidecar'),
  webhook: ofProduct('webhook'),
  preview: ofProduct('preview'),
  cli: ofProduct('cli'),
  propagate: { ...ofProduct('propagate'), contexts: ['propagate-java', 'propagate-python'] },
  // The tests' second version.
  'sidecar-next': ofProduct('sidecar', NEXT_VERSION),
  'webhook-next': ofProduct('webhook', NEXT_VERSION),
  demo: { name: named('demo'), dockerfile: 'demo/Dockerfile', context: 'demo', base: 'node' },
  fixtures: { name: named('fixtures'), dockerfile: 'test/e2e/Dockerfile', context: 'test/e2e', base: 'python' },
  chain: {
    name: named('chain'),
    dockerfile: 'test/e2e/fixtures/chain/Dockerfile',
    context: 'test/e2e/fixtures/chain',
    base: 'otel',
    contexts: ['otel', 'classes']
  }
}

/** What the images are made of, from the root: a change in any of it is a reason to build them again. */
export const SOURCES = [
  'Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'tsconfig.json',
  'build', 'cli', 'common', 'environments', 'http1', 'http2', 'init-container', 'intercepts', 'manifests',
  'pipelines', 'preview', 'propagate', 'proxy', 'tunnel', 'webhook',
  'demo', 'test/e2e/Dockerfile', 'test/e2e/fixtures'
] as const

/** The name under which the kubelet looks for it: without a registry in front, Docker's own is meant. */
export function fullName (image: Image): string {
  return `docker.io/${image.name}`
}

/** Where an image's Dockerfile and context are on this machine. */
export function placesOf (image: Image): { readonly dockerfile: string, readonly context: string } {
  return { dockerfile: join(ROOT, image.dockerfile), context: join(ROOT, image.context) }
}

/** What Dockerfiles take beside their base. */
export function buildArguments ({ version }: Image): readonly string[] {
  return version === undefined ? [] : ['--build-arg', `WAYLAY_VERSION=${version}`]
}

function ofProduct (target: string, version?: string): Image {
  const image = { name: named(target, version), dockerfile: 'Dockerfile', context: '.', target, base: 'node' } as const
  return version === undefined ? image : { ...image, version }
}

/** Never `latest`: the kubelet would ask a registry for it each time. */
function named (name: string, version = VERSION): string {
  return `waylay/${name}:${version}`
}
