import type { Cluster } from '../cluster/kubeconfig.ts'
import { detailOf, type PodDetail } from '../cluster/pod-spec.ts'
import type { Pod } from '../cluster/pods.ts'
import { chooseContainer } from './choose-container.ts'
import type { ConfigSource } from './config-source.ts'
import { planMount, type MountPlan } from './mount-plan.ts'
import type { PodEnv } from './pod-env.ts'
import { requestPodToken } from './token-file.ts'
import { readVolume, type VolumeFiles } from './volume-files.ts'
import type { Warning } from './warning.ts'

export type ReadMountOptions = {
  readonly cluster: Cluster
  readonly pod: Pod
  /** Of the container whose files are meant. */
  readonly env: PodEnv
  readonly source: ConfigSource
  readonly withTokens: boolean
  readonly platform: NodeJS.Platform
}

export type PodFiles = { readonly plan: MountPlan, readonly warnings: readonly Warning[] }

/**
 * Reads the files that a container gets from ConfigMaps, Secrets and the downward API.
 *
 * @throws {WaylayError} as `readVolume` and `planMount`.
 */
export async function readPodFiles (options: ReadMountOptions): Promise<PodFiles> {
  const { env, platform } = options
  const pod = detailOf(options.pod)
  const container = chooseContainer(pod, env.container)
  const warnings: Warning[] = []
  const mounted = new Set((container.volumeMounts ?? []).map(({ name }) => name))
  const volumes = new Map<string, VolumeFiles>()
  await Promise.all((pod.spec.volumes ?? []).filter(({ name }) => mounted.has(name)).map(async volume => {
    const files = await readVolume(volume, {
      pod,
      source: options.source,
      requestToken: tokenRequester(options, pod),
      warn: warning => { warnings.push(warning) }
    })
    if (files !== undefined) volumes.set(volume.name, files)
  }))
  const variables = new Map(env.variables.map(({ name, value }) => [name, value]))
  return { plan: planMount({ pod, container, volumes, variables, platform }), warnings }
}

function tokenRequester ({ cluster, withTokens }: ReadMountOptions, pod: PodDetail) {
  if (!withTokens) return undefined
  return async (audience: string | undefined, expirationSeconds: number) =>
    await requestPodToken(cluster, pod, audience, expirationSeconds)
}
