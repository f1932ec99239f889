/**
 * How images get into a cluster without a registry: the context's name tells which tool made the cluster. Anywhere
 * else there is no way in that would be ours to take.
 */
export function loadCommand (
  context: string, archivePath: string
): readonly [program: string, ...args: readonly string[]] {
  const [, tool, name] = /^(kind|k3d)-(.+)$/.exec(context) ?? []
  if (tool === 'kind' && name) return ['kind', 'load', 'image-archive', archivePath, '--name', name]
  if (tool === 'k3d' && name) return ['k3d', 'image', 'import', archivePath, '--cluster', name]
  if (context === 'minikube') return ['minikube', 'image', 'load', archivePath]
  throw new Error(`Images cannot be loaded into the cluster of context ${context}: only kind, k3d and minikube have a ` +
    'way in without a registry. Push them to a registry the cluster pulls from, or set WAYLAY_CLUSTER=kind or bare')
}
