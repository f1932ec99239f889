/** Exit codes of the CLI, by class. */
export const EXIT_CODES = {
  internal: 1,
  usage: 2,
  rights: 3,
  cluster: 4,
  workload: 5,
  conflict: 6,
  tunnel: 7
} as const

export type FailureClass = keyof typeof EXIT_CODES

type Failure = {
  readonly class: FailureClass
  /** HTTP status, where a proxy answers a caller with it. */
  readonly status?: number
  readonly hint: string
}

/**
 * Every failure waylay can report. Each code has a row in docs/errors.md; test/common/errors.test.ts checks both ways.
 * A code is never reused for another meaning.
 */
export const FAILURES = {
  // What a caller may get instead of the developer's answer.
  WAYLAY_DEVELOPER_REFUSED: {
    class: 'tunnel',
    status: 502,
    hint: 'Nothing listens on the port the developer gave. Start the program, or give another --port.'
  },
  WAYLAY_DEVELOPER_BAD_RESPONSE: {
    class: 'tunnel',
    status: 502,
    hint: 'The developer\'s program sent something that is not one HTTP response, or closed early. See its log.'
  },
  WAYLAY_DEVELOPER_GONE: {
    class: 'tunnel',
    status: 503,
    hint: 'The developer left. Send the request without the routing header, or run "waylay intercept" again.'
  },
  WAYLAY_LOOP: {
    class: 'internal',
    status: 508,
    hint: 'A connection of the proxy came back to the proxy. Please report the kernel and the network plugin.'
  },
  // What the person at the command line did.
  WAYLAY_USAGE: { class: 'usage', hint: 'Run "waylay help" to see the commands and their flags.' },
  WAYLAY_HEADER_MALFORMED: {
    class: 'usage',
    hint: 'Write it as name=value, for example --http-header x-waylay-id=maria-3fk27d4a.'
  },
  WAYLAY_MATCH_MALFORMED: {
    class: 'usage',
    hint: 'Write a path as it is sent, from its "/", and a method in upper-case letters. docs/match.md has the limits.'
  },
  WAYLAY_FILE_MALFORMED: { class: 'usage', hint: 'docs/waylay-yaml.md names every key, with examples.' },
  WAYLAY_NOT_KEPT: {
    class: 'usage',
    hint: 'The inspector keeps the newest 500 exchanges, and 32 MiB of them. Send the request again.'
  },
  WAYLAY_PORT_IN_USE: { class: 'usage', hint: 'Another program listens there. Stop it or choose another port.' },
  // What they may not do.
  WAYLAY_FORBIDDEN: { class: 'rights', hint: 'Ask an administrator for the rights in docs/rights.md.' },
  WAYLAY_GLOBAL_FORBIDDEN: {
    class: 'rights',
    hint: 'Ask for an exact header value of 8 or more characters, or ask an administrator to allow global intercepts.'
  },
  WAYLAY_EGRESS_FORBIDDEN: {
    class: 'rights',
    hint: 'Ask an administrator for the annotation waylay.dev/egress=allow on the namespace, or reach a Service you may read.'
  },
  WAYLAY_REACH_FORBIDDEN: {
    class: 'rights',
    hint: 'Loopback, link-local and metadata addresses are never reached through a pod. Name a Service or another host.'
  },
  // The cluster.
  WAYLAY_NO_CLUSTER: {
    class: 'cluster',
    hint: 'Check the kubeconfig and context: kubectl --context <context> get namespaces'
  },
  WAYLAY_CREDENTIALS: {
    class: 'cluster',
    hint: 'Log in again, then try: kubectl auth whoami'
  },
  WAYLAY_PROXY: {
    class: 'cluster',
    hint: 'Check HTTPS_PROXY and NO_PROXY, or the proxy-url of the kubeconfig\'s cluster.'
  },
  WAYLAY_NOT_INSTALLED: { class: 'cluster', hint: 'Run "waylay install" as an administrator of the cluster.' },
  WAYLAY_CLUSTER_TOO_OLD: { class: 'cluster', hint: 'waylay needs Kubernetes 1.29 or later (native sidecars).' },
  WAYLAY_INSTALL_FAILED: { class: 'cluster', hint: 'See "kubectl -n waylay-system get pods,events".' },
  WAYLAY_INSTALLED: { class: 'conflict', hint: 'Bring it to this program\'s version: waylay upgrade' },
  WAYLAY_INSTALL_CONFLICT: {
    class: 'conflict',
    hint: 'Change it back, or let waylay overwrite it with --force-conflicts.'
  },
  WAYLAY_VERSION_SKEW: {
    class: 'conflict',
    hint: 'Go by way of the versions between, one minor at a time, or add --allow-skew.'
  },
  // The workload.
  WAYLAY_WORKLOAD_UNKNOWN: { class: 'workload', hint: 'List what is there: kubectl get deployments,statefulsets' },
  WAYLAY_PORT_UNKNOWN: {
    class: 'workload',
    hint: 'Name one of the ports the pod declares: --port <developer port>:<app port>'
  },
  WAYLAY_PORT_NOT_TCP: {
    class: 'workload',
    hint: 'Only TCP can be diverted. Where the app speaks TCP on the same number, name it in waylay.dev/ports.'
  },
  WAYLAY_SERVICE_UNFIT: {
    class: 'workload',
    hint: 'Name the workload itself: waylay intercept deployment/<name> --port <developer port>'
  },
  WAYLAY_NOT_INJECTED: {
    class: 'workload',
    hint: 'Label the namespace and restart the workload: kubectl label namespace <namespace> waylay.dev/inject=enabled'
  },
  WAYLAY_NO_MATCH: {
    class: 'workload',
    hint: 'Send a request with the header that "ready" shows; waylay list shows how many were diverted.'
  },
  WAYLAY_NO_PODS: { class: 'workload', hint: 'Wait for a running pod: kubectl get pods' },
  WAYLAY_CONTAINER_UNKNOWN: { class: 'workload', hint: 'Name one of the pod\'s containers: --container <name>' },
  // The pod's environment, on the developer's machine.
  WAYLAY_ENV_UNKNOWN: {
    class: 'workload',
    hint: 'The pod would not start again as it is: correct it, or leave the variable out with --env-exclude <name>.'
  },
  WAYLAY_ENV_UNWRITABLE: {
    class: 'usage',
    hint: 'Choose a format that holds any value (compose, or json), or leave the variable out with --env-exclude <name>.'
  },
  WAYLAY_MOUNT_REFUSED: { class: 'usage', hint: 'Name a folder that is empty or not there yet: --mount <folder>' },
  WAYLAY_MOUNT_UNSAFE: {
    class: 'workload',
    hint: 'Nothing was left on this machine. Correct the path in the pod, or run without --mount.'
  },
  // Somebody else holds it.
  WAYLAY_CONFLICT: { class: 'conflict', hint: 'Choose another header value, ask the owner to leave, or add --take-over.' },
  WAYLAY_INTERCEPT_UNKNOWN: { class: 'workload', hint: 'List the intercepts: waylay list' },
  WAYLAY_INTERCEPT_INVALID: {
    class: 'usage',
    hint: 'Let "waylay intercept" make the object: name, global and the fields that cannot change follow from the match.'
  },
  WAYLAY_GRANT_TAKEN: { class: 'conflict', hint: 'Choose another name. See who has one: waylay grant list' },
  WAYLAY_GRANT_UNKNOWN: { class: 'workload', hint: 'See which there are, and where: waylay grant list' },
  // Ephemeral environments.
  WAYLAY_ENVIRONMENT_UNKNOWN: { class: 'workload', hint: 'See which there are: waylay env list' },
  WAYLAY_ENVIRONMENT_INVALID: {
    class: 'usage',
    hint: 'Let "waylay env up" make the object: header, value and owner cannot change, and it must end in time.'
  },
  WAYLAY_ENVIRONMENT_TAKEN: {
    class: 'conflict',
    hint: 'Choose another name for the environment, or remove what is in its way.'
  },
  WAYLAY_ENVIRONMENT_LIMIT: {
    class: 'conflict',
    hint: 'End one that nobody needs: waylay env list, waylay env down <name>. An administrator can raise waylay.dev/max-environments.'
  },
  WAYLAY_ENVIRONMENT_FAILED: { class: 'workload', hint: 'See what its pods wait for: waylay env logs <name>' },
  WAYLAY_COPY_UNFIT: { class: 'workload', hint: 'docs/ci.md says what can be copied, and what each refusal means.' },
  WAYLAY_IMAGE_UNKNOWN: {
    class: 'usage',
    hint: 'Name a container of one of the workloads: --image <container>=<image>, or --image <workload>/<container>=<image>'
  },
  WAYLAY_POLICY_UNFIT: {
    class: 'workload',
    hint: 'Make a policy for pods with the label waylay.dev/environment, then run it again with --ignore-policies.'
  },
  // Links that anybody may open.
  WAYLAY_PREVIEW_NO_GATEWAY: {
    class: 'cluster',
    hint: 'Ask an administrator to run: waylay upgrade --preview-domain <domain> (docs/preview-gateway.md)'
  },
  WAYLAY_PREVIEW_UNFIT: {
    class: 'workload',
    hint: 'Share an intercept with an exact header value, in front of a Service that has a cluster IP and a selector.'
  },
  WAYLAY_PREVIEW_INVALID: {
    class: 'usage',
    hint: 'Let "waylay preview <service> --share" write it: at most 16 for each intercept, for at most 7 days.'
  },
  WAYLAY_PREVIEW_UNKNOWN: { class: 'workload', hint: 'List the links: waylay preview list --all-namespaces' },
  // What visitors of such a link may see instead of the app.
  WAYLAY_PREVIEW_ENDED: { class: 'workload', status: 410, hint: 'Ask whoever gave you the link for a new one.' },
  WAYLAY_PREVIEW_AWAY: {
    class: 'workload',
    status: 503,
    hint: 'Try again in a moment. If it stays so, ask whoever gave you the link: "waylay intercept" must run for it.'
  },
  WAYLAY_PREVIEW_LINK_NEEDED: {
    class: 'rights',
    status: 403,
    hint: 'Open the link that you were given, whole, in this browser. If you have none, ask for one.'
  },
  WAYLAY_PREVIEW_CROSS_ORIGIN: {
    class: 'rights',
    status: 403,
    hint: 'Only pages of this preview may use what is in it. Open it in a tab of its own and try there.'
  },
  WAYLAY_PREVIEW_MISDIRECTED: {
    class: 'usage',
    status: 421,
    hint: 'Open the link as it was given to you, in a browser.'
  },
  WAYLAY_PREVIEW_UNREACHABLE: {
    class: 'workload',
    status: 502,
    hint: 'Whoever gave you the link can check that pods are ready behind the Service, and of what kind it is.'
  },
  WAYLAY_PREVIEW_BUSY: { class: 'cluster', status: 503, hint: 'Try again in a moment.' },
  // Between the CLI and the pod.
  WAYLAY_TUNNEL_FAILED: { class: 'tunnel', hint: 'Try again; --verbose prints what happened on the way.' },
  WAYLAY_TUNNEL_PROTOCOL: { class: 'tunnel', hint: 'The two sides speak different versions. Update the older one.' },
  WAYLAY_SESSION_UNKNOWN: {
    class: 'tunnel',
    hint: 'waylay opens a new session by itself. If this comes again and again, see whether the pod\'s proxy restarts.'
  },
  WAYLAY_TICKET_REFUSED: {
    class: 'tunnel',
    hint: 'The pod was injected by another installation or holds an old key. Restart the workload.'
  },
  WAYLAY_REACH_UNKNOWN: {
    class: 'tunnel',
    hint: 'Check name and port as the cluster has them: kubectl get services --all-namespaces'
  },
  WAYLAY_REACH_REFUSED: {
    class: 'tunnel',
    hint: 'Check that a pod is ready behind it and listens on that port: kubectl get endpointslices'
  },
  // What somebody gets from a preview instead of the app's answer.
  WAYLAY_PREVIEW_HOST: {
    class: 'usage',
    status: 421,
    hint: 'Open the URL that "waylay preview" prints, by 127.0.0.1 or localhost.'
  },
  WAYLAY_PREVIEW_FOREIGN: {
    class: 'usage',
    status: 403,
    hint: 'Open the URL that "waylay preview" prints in the browser itself.'
  },
  WAYLAY_PREVIEW_MALFORMED: {
    class: 'usage',
    status: 400,
    hint: 'Send one HTTP/1.1 or HTTP/2 request for a path of the app, without TLS, as "curl <URL>" does.'
  },
  WAYLAY_PREVIEW_BAD_RESPONSE: {
    class: 'tunnel',
    status: 502,
    hint: 'See what the app says: kubectl logs <pod>'
  },
  // Ours.
  WAYLAY_CONFIG_INVALID: { class: 'internal', hint: 'The injected configuration is broken. Restart the workload.' },
  WAYLAY_SETTINGS_INVALID: {
    class: 'usage',
    hint: 'Correct the environment variable in the Deployment, or install again: waylay install'
  },
  WAYLAY_REDIRECT_FAILED: {
    class: 'internal',
    hint: 'The pod runs without waylay. The init container\'s termination message says which rule failed.'
  },
  WAYLAY_CERTIFICATE_INVALID: {
    class: 'internal',
    hint: 'See "kubectl -n waylay-system logs deployment/waylay-webhook": it mends its Secret by itself; docs/certificates.md.'
  },
  WAYLAY_CERTIFICATE_SUPPLIED: {
    class: 'internal',
    hint: 'Correct the Secret that WAYLAY_CERTIFICATE_SECRET names: docs/certificates.md says what it must hold.'
  },
  WAYLAY_INTERNAL: { class: 'internal', hint: 'This is a bug in waylay. Please report it with this code and --verbose.' }
} as const satisfies Record<string, Failure>

export type WaylayCode = keyof typeof FAILURES
