import { PLATFORMS } from '../sea/platform.ts'
import { homepageOf, type Asset, type Release } from './assets.ts'

const SYSTEMS = [['darwin', 'on_macos'], ['linux', 'on_linux']] as const
const PROCESSORS = [['arm64', 'on_arm'], ['x64', 'on_intel']] as const

/** The formula `waylay.rb` for a tap of one's own: it brings the finished program, and its name as kubectl's plugin. */
export function homebrewFormula (release: Release, assets: readonly Asset[]): string {
  return `class Waylay < Formula
  desc "Answer your own requests to a shared Kubernetes cluster"
  homepage "${homepageOf(release)}"
  version "${release.version}"
  license "Apache-2.0"

${SYSTEMS.map(([os, word]) => systemBlock(os, word, assets)).join('\n')}
  def install
    bin.install "waylay"
    bin.install_symlink "waylay" => "kubectl-waylay"
    generate_completions_from_executable(bin/"waylay", "completion")
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/waylay version --client")
  end
end
`
}

function systemBlock (os: string, word: string, assets: readonly Asset[]): string {
  const blocks = PROCESSORS.flatMap(([arch, inner]) => {
    const asset = assets.find(({ platform }) => PLATFORMS[platform].os === os && PLATFORMS[platform].arch === arch)
    return asset === undefined
      ? []
      : [`    ${inner} do\n      url "${asset.url}"\n      sha256 "${asset.sha256}"\n    end\n`]
  })
  return `  ${word} do\n${blocks.join('')}  end\n`
}
