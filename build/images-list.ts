import { join } from 'node:path'
import { VERSION } from '../common/version.ts'
import { ROOT } from './bundle.ts'

/** One image and how it is built. */
export type Image = {
  /** As people and manifests write it. */
  readonly name: string
  readonly dockerfile: string
  readonly context: string
  readonly target?: string
  /** `python`: the tests' apps include one under gunicorn. */
  readonly base: 'node' | 'python'
}

/** Everything a cluster needs for the demo and the tests, by the short names the command line takes. */
export const IMAGES: Readonly<Record<string, Image>> = {
  sidecar: ofProduct('sidecar'),
  webhook: ofProduct('webhook'),
  cli: ofProduct('cli'),
  demo: { name: named('demo'), dockerfile: 'demo/Dockerfile', context: 'demo', base: 'node' },
  fixtures: { name: named('fixtures'), dockerfile: 'test/e2e/Dockerfile', context: 'test/e2e', base: 'python' }
}

/** What the images are made of, from the root: a change in any of it is a reason to build them again. */
export const SOURCES = [
  'Dockerfile', '.dockerignore', '.npmrc', 'package.json', 'package-lock.json', 'tsconfig.json',
  'build', 'cli', 'common', 'http1', 'http2', 'init-container', 'intercepts', 'manifests', 'proxy', 'tunnel', 'webhook',
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

function ofProduct (target: string): Image {
  return { name: named(target), dockerfile: 'Dockerfile', context: '.', target, base: 'node' }
}

/** Never `latest`: the kubelet would ask a registry for it each time. */
function named (name: string): string {
  return `waylay/${name}:${VERSION}`
}
