type InjectedContainer = {
  readonly name: string
  readonly securityContext?: object
  readonly volumeMounts?: readonly { readonly name: string }[]
}

/** A pod as the API server answers with it, injected. */
export type InjectedPod = {
  readonly metadata: { readonly annotations: object }
  readonly spec: {
    readonly initContainers: readonly InjectedContainer[]
    readonly containers: readonly InjectedContainer[]
    readonly volumes: readonly { readonly name: string }[]
    readonly restartPolicy: string
    readonly terminationGracePeriodSeconds: number
  }
}

/**
 * The very containers that the webhook makes, less the capability that iptables needs, as a pod `app` for a namespace
 * where the webhook does not look.
 */
export function withoutRules (pod: InjectedPod, namespace: string): object {
  const initContainers = pod.spec.initContainers.map(container => container.name !== 'waylay-init'
    ? container
    : { ...container, securityContext: { ...container.securityContext, capabilities: { drop: ['ALL'] } } })
  const { restartPolicy, volumes, terminationGracePeriodSeconds } = pod.spec
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'app', namespace, labels: { app: 'app' }, annotations: pod.metadata.annotations },
    spec: {
      restartPolicy,
      terminationGracePeriodSeconds,
      initContainers: initContainers.map(withoutTokenMount),
      containers: pod.spec.containers.map(withoutTokenMount),
      volumes: volumes.filter(({ name }) => !name.startsWith('kube-api-access'))
    }
  }
}

// The service account's volume has a name of its own in each pod; the API server adds a new one.
function withoutTokenMount (container: InjectedContainer): InjectedContainer {
  return {
    ...container,
    volumeMounts: container.volumeMounts?.filter(({ name }) => !name.startsWith('kube-api-access')) ?? []
  }
}
