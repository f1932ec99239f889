import type { Cluster } from '../cluster/kubeconfig.ts'
import { checkVersion } from '../cluster/version.ts'

// What kubelets of before took for the name of a variable: no key of a ConfigMap can break any other rule of theirs.
const STRICT_NAME = /^(?!\.$|\.\.)[-._a-zA-Z][-._a-zA-Z0-9]*$/

// Since then every printable name is taken, but for one with "=".
const RELAXED_MINOR = 32

/**
 * Which of the names that `envFrom` would make are no variables in this cluster. The kubelet leaves them out without a
 * word to the app; the API server's version stands for the kubelet's, which not everybody may read.
 *
 * @see https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/features/kube_features.go RelaxedEnvironmentVariableValidation
 */
export async function findSkippedNames (cluster: Cluster, names: readonly string[]): Promise<ReadonlySet<string>> {
  const odd = names.filter(name => !STRICT_NAME.test(name))
  if (odd.length === 0) return new Set()
  const minor = Number(/^v?1\.(\d+)/.exec(await checkVersion(cluster))?.[1] ?? RELAXED_MINOR)
  return new Set(minor < RELAXED_MINOR ? odd : [])
}
