import test from 'ava'
import { parse } from 'yaml'
import { assetsOf, readRepository, type Release } from '../../../build/release/assets.ts'
import { homebrewFormula } from '../../../build/release/homebrew.ts'
import { krewManifest } from '../../../build/release/krew.ts'
import { archiveFile, PLATFORM_NAMES } from '../../../build/sea/platform.ts'

const SUMS = new Map(PLATFORM_NAMES.map((name, index) => [archiveFile(name, '1.2.3'), String(index).repeat(64)]))
const RELEASE: Release = { version: '1.2.3', repository: 'maria/waylay', sums: SUMS }
const ASSETS = assetsOf(RELEASE)

type KrewPlatform = {
  readonly selector: { readonly matchLabels: { readonly os: string, readonly arch: string } }
  readonly uri: string
  readonly sha256: string
  readonly bin: string
  readonly files: readonly { readonly from: string, readonly to: string }[]
}
type KrewManifest = {
  readonly apiVersion: string
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec: {
    readonly version: string
    readonly homepage: string
    readonly shortDescription: string
    readonly description: string
    readonly platforms: readonly KrewPlatform[]
  }
}

test('the krew manifest has what krew asks of one', t => {
  const { apiVersion, kind, metadata, spec } = parse(krewManifest(RELEASE, ASSETS)) as KrewManifest

  t.is(apiVersion, 'krew.googlecontainertools.github.com/v1alpha2')
  t.is(kind, 'Plugin')
  // Krew's form of a name; the file is called after it.
  t.regex(metadata.name, /^[\w-]+$/)
  t.is(spec.version, 'v1.2.3')
  t.true(spec.shortDescription.length > 0 && spec.shortDescription.length <= 50)
  t.notRegex(spec.shortDescription, /\.$|kubectl/)
  t.is(spec.platforms.length, 6)
  for (const { selector: { matchLabels }, uri, sha256, bin, files } of spec.platforms) {
    t.regex(matchLabels.os, /^(linux|darwin|windows)$/)
    t.regex(matchLabels.arch, /^(amd64|arm64)$/)
    t.regex(uri, /^https:\/\/github\.com\/maria\/waylay\/releases\/download\/v1\.2\.3\/\S+\.(tar\.gz|zip)$/)
    t.regex(sha256, /^[0-9a-f]{64}$/)
    t.true(files.some(({ from, to }) => from === bin && to === '.'))
    t.is(bin, matchLabels.os === 'windows' ? 'waylay.exe' : 'waylay')
  }
  t.is(new Set(spec.platforms.map(({ selector }) => JSON.stringify(selector))).size, 6)
})

test('the formula has an archive for each system and processor that Homebrew knows', t => {
  const text = homebrewFormula(RELEASE, ASSETS)
  const blocks = [...text.matchAll(/on_(macos|linux) do\n((?: {4}.*\n)+) {2}end/g)]

  t.deepEqual(blocks.map(([, system]) => system), ['macos', 'linux'])
  for (const [, system, inner = ''] of blocks) {
    const archives = [...inner.matchAll(/on_(arm|intel) do\n {6}url "(\S+)"\n {6}sha256 "([0-9a-f]{64})"\n {4}end/g)]
    t.deepEqual(archives.map(([, processor]) => processor), ['arm', 'intel'])
    for (const [, processor, url = '', sum] of archives) {
      t.true(url.endsWith(`_${system === 'macos' ? 'darwin' : 'linux'}_${processor === 'arm' ? 'arm64' : 'x64'}.tar.gz`), url)
      t.is(sum, SUMS.get(url.split('/').at(-1) ?? ''))
    }
  }
  const opened = text.match(/^\s*(class|def)\b|\bdo$/gm)?.length
  t.is(opened, text.match(/^\s*end$/gm)?.length)
})

test('a release without one of its archives is none, unless that is allowed', t => {
  const partial = { ...RELEASE, sums: new Map([...SUMS].slice(0, 2)) }

  t.throws(() => assetsOf(partial), { message: /^SHA256SUMS has no line for waylay_1\.2\.3_darwin_x64\.tar\.gz, / })
  t.is(assetsOf(partial, true).length, 2)
})

test('what is no repository never gets into a formula', t => {
  t.is(readRepository('maria/waylay'), 'maria/waylay')
  for (const text of ['', 'waylay', 'a/b/c', 'a/b" do', 'https://a/b']) t.throws(() => readRepository(text), undefined, text)
})
