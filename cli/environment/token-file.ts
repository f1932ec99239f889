import { requestToken } from '../cluster/config-objects.ts'
import type { Cluster } from '../cluster/kubeconfig.ts'
import type { PodDetail } from '../cluster/pod-spec.ts'

/** A token of the pod's service account. It ends, and by itself when the pod is deleted. */
export type TokenFile = {
  readonly token: string
  readonly expiresAtMs: number
  /** Another one of the same kind. */
  readonly renew: () => Promise<TokenFile>
}

// The API server makes a token that was asked for with exactly this length valid for a year, as a help to apps that
// read their token once: https://github.com/kubernetes/kubernetes/blob/v1.34.4/pkg/serviceaccount/claims.go
const EXTENDED_SECONDS = 3607
const SHORTEST_SECONDS = 600

/** Asks for a token as the kubelet does: bound to the pod, for the volume's audience and time. */
export async function requestPodToken (
  cluster: Cluster, pod: PodDetail, audience: string | undefined, expirationSeconds: number
): Promise<TokenFile> {
  const { name, namespace, uid } = pod.metadata
  const wanted = expirationSeconds === EXTENDED_SECONDS ? EXTENDED_SECONDS - 7 : expirationSeconds
  const { token, expiresAtMs } = await requestToken(cluster, {
    namespace,
    serviceAccount: pod.spec.serviceAccountName ?? 'default',
    pod: { name, uid },
    audience,
    expirationSeconds: Math.max(wanted, SHORTEST_SECONDS)
  })
  return {
    token,
    expiresAtMs,
    renew: async () => await requestPodToken(cluster, pod, audience, expirationSeconds)
  }
}
