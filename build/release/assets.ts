import { archiveFile, PLATFORM_NAMES, PLATFORMS, type PlatformName } from '../sea/platform.ts'

/** One archive of a release. */
export type Asset = { readonly platform: PlatformName, readonly url: string, readonly sha256: string }

/** What is released, and whence. */
export type Release = {
  readonly version: string
  /** `owner/name` on GitHub. */
  readonly repository: string
  /** `SHA256SUMS`: the sum of each archive by its name. */
  readonly sums: ReadonlyMap<string, string>
}

/** @throws {Error} for what is no repository of GitHub: it is written into programs of others. */
export function readRepository (text: string): string {
  if (!/^[\w.-]+\/[\w.-]+$/.test(text)) throw new Error(`No repository, as owner/name: "${text}"`)
  return text
}

/** The page of the repository. */
export function homepageOf ({ repository }: Release): string {
  return `https://github.com/${repository}`
}

/** Each archive that has a sum. @throws {Error} naming those that have none, unless that is allowed. */
export function assetsOf (release: Release, isPartial = false): readonly Asset[] {
  const { version, sums } = release
  const missing = PLATFORM_NAMES.map(name => archiveFile(name, version)).filter(file => !sums.has(file))
  if (missing.length > 0 && !isPartial) throw new Error(`SHA256SUMS has no line for ${missing.join(', ')}`)
  return PLATFORM_NAMES.flatMap(platform => {
    const file = archiveFile(platform, version)
    const sha256 = sums.get(file)
    return sha256 === undefined ? [] : [{ platform, url: `${homepageOf(release)}/releases/download/v${version}/${file}`, sha256 }]
  })
}

/** As Go names processors, and with it krew. */
export function goArch (platform: PlatformName): 'amd64' | 'arm64' {
  return PLATFORMS[platform].arch === 'x64' ? 'amd64' : 'arm64'
}
