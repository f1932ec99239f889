import type { Cluster } from '../cluster/kubeconfig.ts'
import { detailOf, startedAtMs, type Container } from '../cluster/pod-spec.ts'
import type { Pod } from '../cluster/pods.ts'
import { chooseContainer } from './choose-container.ts'
import { createConfigSource, type ConfigKind, type ConfigSource } from './config-source.ts'
import { readLinks } from './links.ts'
import type { PodVariable } from './pod-variable.ts'
import { changedSince, type Warning } from './warning.ts'
import { resolveVariables } from './variables.ts'

/** The environment of one container, but for what its image sets. */
export type PodEnv = {
  readonly namespace: string
  readonly pod: string
  readonly container: string
  /** Sorted by name. */
  readonly variables: readonly PodVariable[]
  /** What is not the same as in the container, or may not be. */
  readonly warnings: readonly Warning[]
}

export type ResolveOptions = {
  readonly container?: string | undefined
  /** The app's port, number or name: it says which container is meant where none is named. */
  readonly port?: number | string | undefined
  /** Names that nobody wants. Those of `env` may be unreadable. */
  readonly isExcluded?: (name: string) => boolean
  /** Handed in where files of the same pod are read too, so that nothing is read twice. */
  readonly source?: ConfigSource
}

/**
 * The environment that the kubelet gave to a container, from the API server alone: nothing runs in the pod.
 *
 * @throws {WaylayError} `WAYLAY_FORBIDDEN` naming the right, `WAYLAY_ENV_UNKNOWN` for a value that cannot be known,
 *   `WAYLAY_CONTAINER_UNKNOWN`. Never a part of an environment without a word.
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/kubelet/kubelet_pods.go makeEnvironmentVariables
 */
export async function resolvePodEnv (cluster: Cluster, pod: Pod, options: ResolveOptions = {}): Promise<PodEnv> {
  const { isExcluded = () => false } = options
  const detail = detailOf(pod)
  const container = chooseContainer(detail, options.container, options.port)
  const source = options.source ?? createConfigSource(cluster, detail.metadata.namespace)
  const startedMs = startedAtMs(detail, container.name)
  const [links] = await Promise.all([
    readLinks(cluster, detail, startedMs),
    Promise.all(objectsOf(container, isExcluded).map(async ([kind, name]) => await source.get(kind, name)))
  ])
  const resolved = await resolveVariables({
    cluster,
    pod: detail,
    container,
    source,
    links: links.variables,
    isKubernetesUnknown: links.warnings.length > 0,
    isExcluded
  })
  const variables = new Map(resolved.variables)
  for (const [name, value] of links.variables) {
    if (!variables.has(name) && !isExcluded(name)) variables.set(name, { name, value, origin: { kind: 'service' }, isSecret: false })
  }
  return {
    namespace: detail.metadata.namespace,
    pod: detail.metadata.name,
    container: container.name,
    variables: [...variables.values()].sort((a, b) => a.name < b.name ? -1 : 1),
    warnings: [
      ...links.warnings, ...resolved.warnings, ...changedSince(resolved.used, startedMs)
    ]
  }
}

/** What its variables come from, so that all of it can be asked for at once. */
function objectsOf (
  { envFrom = [], env = [] }: Container, isExcluded: (name: string) => boolean
): readonly (readonly [ConfigKind, string])[] {
  const refs = [
    ...envFrom.flatMap(({ configMapRef, secretRef }) => [['ConfigMap', configMapRef] as const, ['Secret', secretRef] as const]),
    ...env.filter(({ name }) => !isExcluded(name)).flatMap(({ valueFrom }) => [
      ['ConfigMap', valueFrom?.configMapKeyRef] as const, ['Secret', valueFrom?.secretKeyRef] as const
    ])
  ]
  return refs.flatMap(([kind, ref]) => ref === undefined ? [] : [[kind, ref.name ?? ''] as const])
}
