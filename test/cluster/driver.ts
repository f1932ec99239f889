/** A cluster to test on, whatever it is made of. */
export type Cluster = {
  readonly kind: 'bare' | 'kind' | 'existing'
  /** Administrator's kubeconfig that works from this machine. */
  readonly kubeconfigPath: string
  /** Path of a kubectl binary. */
  readonly kubectl: string
  /** As the server says it, "v1.34.4". */
  readonly kubernetesVersion: string
  /** Loads a docker-archive or OCI layout tar: pods then find its images with imagePullPolicy IfNotPresent or Never. */
  loadImages (archivePath: string): Promise<void>
  /** Ends the API server the hard way; it comes back after `downMs` or more. Resolves when it answers again. */
  restartApiServer (downMs: number): Promise<void>
  /**
   * Lets the network keep to NetworkPolicies, from soon after it resolves until the function that it returns is called.
   * A cluster that does so by itself is left as it is.
   */
  keepToPolicies (): Promise<() => Promise<void>>
}

/** What long work reports to, and what may stop it. */
export type ClusterOptions = {
  readonly progress: (line: string) => void
  readonly signal?: AbortSignal | undefined
}

/** `broken`: there is something of it, but it does not answer; "down" clears it away. */
export type ClusterStatus = {
  readonly kind: Cluster['kind']
  readonly state: 'up' | 'down' | 'broken'
  readonly detail: string
  readonly cluster?: Cluster
}

/** What each kind of cluster can do. */
export type ClusterDriver = {
  /** Installs and builds what the machine keeps; starts nothing. Once per machine, then at once. */
  prepare? (options: ClusterOptions): Promise<void>
  up (options: ClusterOptions): Promise<Cluster>
  down (options: ClusterOptions): Promise<void>
  status (): Promise<ClusterStatus>
}
