import { toWaylayError, type WaylayError } from '../../common/errors.ts'
import type { WaylayCode } from '../../common/failures.ts'
import { VERSION } from '../../common/version.ts'
import type { CliDeps } from '../deps.ts'
import type { VersionFlags } from '../flags.ts'
import { skewOf } from './version-skew.ts'

/** `waylay version --output json`: docs/schemas/version.schema.json. */
export type Versions = {
  /** Of this program. */
  readonly cli: string
  readonly cluster: { readonly context: string, readonly server: string, readonly kubernetes: string } | null
  readonly webhook: string | null
  /** By version, in the namespace asked for. */
  readonly sidecars: readonly SidecarVersion[]
  /** Why something above is missing. */
  readonly problems: readonly { readonly code: WaylayCode, readonly message: string }[]
}

export type SidecarVersion = { readonly version: string, readonly pods: number }

// Whoever asks for a version wants an answer, not a wait.
const ASK_TIMEOUT_MS = 5000

/** Prints the versions. A cluster that does not answer is no failure: it is what the user wants to know. */
export async function version (flags: VersionFlags, deps: CliDeps): Promise<void> {
  const { output } = deps
  const versions = flags.client === true ? clientOnly() : await readVersions(flags, deps)
  if (flags.output === 'json') {
    output.result(JSON.stringify(versions, null, 2))
    return
  }
  for (const line of describeVersions(versions)) output.result(line)
  for (const { message } of versions.problems) output.note(message)
}

function clientOnly (): Versions {
  return { cli: VERSION, cluster: null, webhook: null, sidecars: [], problems: [] }
}

async function readVersions (flags: VersionFlags, deps: CliDeps): Promise<Versions> {
  const { openCluster } = await import('../cluster/kubeconfig.ts')
  const { askVersions } = await import('../cluster/ask-versions.ts')
  try {
    const cluster = openCluster(flags, deps)
    try {
      const { failures, ...found } = await askVersions(cluster, AbortSignal.timeout(ASK_TIMEOUT_MS))
      return { cli: VERSION, ...found, problems: failures.map(toProblem) }
    } finally {
      cluster.close()
    }
  } catch (error) {
    return { ...clientOnly(), problems: [toProblem(toWaylayError(error))] }
  }
}

function toProblem ({ code, message }: WaylayError): Versions['problems'][number] {
  return { code, message }
}

function describeVersions ({ cli, cluster, webhook, sidecars }: Versions): readonly string[] {
  return [
    `waylay ${cli}`,
    ...cluster === null ? [] : [`kubernetes ${cluster.kubernetes} (context ${cluster.context})`],
    ...webhook === null ? [] : [`webhook ${webhook}${apart(cli, webhook)}`],
    ...sidecars.map(({ version, pods }) =>
      `sidecars ${version} (${pods} ${pods === 1 ? 'pod' : 'pods'})${apart(cli, version)}`)
  ]
}

function apart (cli: string, other: string): string {
  return skewOf(cli, other) === 'far' ? '   more than one minor version from this program: update the older one' : ''
}
