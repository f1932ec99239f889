const MAX_LENGTH = 30

/** Variables by which CI systems tell one run from another. */
const RUN_VARIABLES = [
  'GITHUB_RUN_ID', 'CI_JOB_ID', 'CI_PIPELINE_ID', 'BUILDKITE_BUILD_NUMBER', 'CIRCLE_BUILD_NUM', 'BUILD_BUILDID',
  'BITBUCKET_BUILD_NUMBER', 'DRONE_BUILD_NUMBER', 'TRAVIS_BUILD_ID', 'BUILD_NUMBER'
] as const

/** What the header's value of a job begins with, so that `waylay list` shows people whose it is. */
export function jobLabel (env: Readonly<Record<string, string | undefined>>): string {
  const id = RUN_VARIABLES.map(name => env[name] ?? '').find(value => value !== '') ?? ''
  const plain = id.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, MAX_LENGTH).replace(/-+$/, '')
  return plain === '' ? 'ci' : `ci-${plain}`
}
