import { stringify } from 'yaml'
import { PLATFORMS, programFile } from '../sea/platform.ts'
import { goArch, homepageOf, type Asset, type Release } from './assets.ts'

const DESCRIPTION = `waylay hands you your own requests to a shared cluster, told apart by a header, while everybody
else's go on to the app in the pod. The same for pull requests: each gets its own version of a
service inside the cluster.

An administrator installs it once: kubectl waylay install
`

/** The manifest of the kubectl plugin `waylay`, which must be called `waylay.yaml`. */
export function krewManifest (release: Release, assets: readonly Asset[]): string {
  return stringify({
    apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
    kind: 'Plugin',
    metadata: { name: 'waylay' },
    spec: {
      version: `v${release.version}`,
      homepage: homepageOf(release),
      shortDescription: 'Answer your own requests to a shared cluster',
      description: DESCRIPTION,
      platforms: assets.map(({ platform, url, sha256 }) => ({
        selector: { matchLabels: { os: PLATFORMS[platform].os, arch: goArch(platform) } },
        uri: url,
        sha256,
        files: [programFile(platform), 'LICENSE', 'LICENSE.node'].map(from => ({ from, to: '.' })),
        bin: programFile(platform)
      }))
    }
  }, { lineWidth: 0 })
}
