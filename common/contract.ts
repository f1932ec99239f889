/**
 * What the parts agree on and nobody else decides: names, numbers and headers that are visible in the cluster.
 * docs/contract.md shows the same to users; `test/common/contract.test.ts` holds the two together.
 */

export const API_GROUP = 'waylay.dev'
export const API_VERSION = 'v1alpha1'
export const INTERCEPT_KIND = 'Intercept'
export const INTERCEPTS_PLURAL = 'intercepts'
export const ENVIRONMENT_KIND = 'Environment'
export const ENVIRONMENTS_PLURAL = 'environments'

/** Namespace the installation itself lives in. Never injected. */
export const SYSTEM_NAMESPACE = 'waylay-system'

/** On a namespace: one of `NAMESPACE_INJECT`. On a pod: `enabled` or `disabled`. */
export const INJECT_LABEL = 'waylay.dev/inject'

/** All pods of the namespace but those that say `disabled`, or only those that say `enabled`. */
export const NAMESPACE_INJECT = { all: 'enabled', labelled: 'pods' } as const

/**
 * On every injected pod, written by the webhook: the id of its admission (the review's uid). It selects our pods, and
 * tells whether a pod that was patched ever appeared.
 */
export const INJECTED_LABEL = 'waylay.dev/injected'

/** On everything an ephemeral environment is made of: whose it is, what part it is, and of which copy. */
export const ENVIRONMENT_LABELS = {
  environment: 'waylay.dev/environment',
  /** `copy`, `companion` or `policy`. */
  part: 'waylay.dev/environment-part',
  /** Name of the copy: its Deployment selects its pods by it, and its Service does. */
  copy: 'waylay.dev/copy'
} as const

/** In every container of a copy: the environment's name. */
export const ENVIRONMENT_VARIABLE = 'WAYLAY_ENV'

/** In a companion: `<namespace>/<environment>/<uid>`, the owner of the Intercepts it holds. */
export const COMPANION_VARIABLE = 'WAYLAY_COMPANION'

/** Every annotation of ours starts with this; an unknown key below it means that the pod is not injected. */
export const ANNOTATION_PREFIX = 'waylay.dev/'

export const ANNOTATIONS = {
  /** Pod: `8080,6379=on-demand`. */
  ports: 'waylay.dev/ports',
  /** Pod: `always` or `on-demand`, for all ports. */
  redirect: 'waylay.dev/redirect',
  /** Pod: `detour` (default) or `keep`. */
  probes: 'waylay.dev/probes',
  /** Pod: `iptables` (default) or `named-port`. */
  mode: 'waylay.dev/mode',
  /** Pod: `my-cert` for the ports that carry TLS by name or number, or `8443=my-cert,9443=other`. */
  tlsSecret: 'waylay.dev/tls-secret',
  forwardedFor: 'waylay.dev/forwarded-for',
  propagate: 'waylay.dev/propagate',
  sidecarCpu: 'waylay.dev/sidecar-cpu',
  sidecarMemory: 'waylay.dev/sidecar-memory',
  /** Pod, written by the webhook: JSON of `InjectionStatus`. */
  status: 'waylay.dev/status',
  /** Namespace: `none`, `personal` (default) or `all`. */
  intercepts: 'waylay.dev/intercepts',
  /** Namespace: `allow`. */
  egress: 'waylay.dev/egress',
  /** Namespace: `allow`: its intercepts may have previews that anybody with the link reaches. */
  previews: 'waylay.dev/previews',
  /** Namespace: how many environments it may have, `0` for none. */
  maxEnvironments: 'waylay.dev/max-environments',
  /** Namespace: how long one may live from its last renewal, for example `7d`. */
  maxEnvironmentTtl: 'waylay.dev/max-environment-ttl'
} as const

/** On the webhook's own Secret. */
export const SECRET_ANNOTATIONS = {
  /** Written by an administrator: any value that was not there before makes a new certificate authority. */
  rotate: 'waylay.dev/rotate',
  /** Written by the webhook: the value whose rotation is under way. */
  rotating: 'waylay.dev/rotating',
  /** Written by the webhook: the value whose rotation is done. */
  rotated: 'waylay.dev/rotated'
} as const

/** Secret in namespaces of injected pods: the copy by which our images are pulled, where a login is needed. */
export const PULL_SECRET_NAME = 'waylay-pull-secret'

export const INIT_CONTAINER_NAME = 'waylay-init'
export const PROXY_CONTAINER_NAME = 'waylay-proxy'
/** Init container that lays the instrumentation of `waylay.dev/propagate` into `PROPAGATE_DIR`, and ends. */
export const PROPAGATE_CONTAINER_NAME = 'waylay-propagate'

/** Where the app's containers find that instrumentation, read-only. */
export const PROPAGATE_DIR = '/run/waylay-propagate'

/** Values of `waylay.dev/propagate`, beside `none`. */
export const PROPAGATE_LANGUAGES = ['nodejs', 'java', 'python'] as const
export type PropagateLanguage = typeof PROPAGATE_LANGUAGES[number]

/** The sidecar's gid (and uid, but for OpenShift). The iptables rules mean the proxy by this gid and nothing else. */
export const PROXY_GID = 15901

export const PORTS = {
  /** First of the app ports' listeners. One listener for each redirected port, both families. */
  firstListener: 15100,
  /** A listener's disarm datagram goes to its own number plus this. */
  disarmOffset: 200,
  /** First of the probe detours. */
  firstDetour: 15500,
  /** The tunnel, on 127.0.0.1 of the pod only. */
  tunnel: 15900,
  /** Health and metrics, on every address of the pod. */
  health: 15902
} as const

/** The highest number of app ports in one pod: listeners must end before the first disarm port. */
export const MAX_APP_PORTS = 100

/** The dead man's switch: see docs/redirect.md. */
export const SWITCH = {
  beatIntervalMs: 250,
  /** A redirect holds this long after the last beat. */
  holdSeconds: 2,
  /** Without a life byte for this long the supervisor kills the proxy. */
  lifeTimeoutMs: 5000
} as const

/** Source addresses on lo from which the proxy dials the app. */
export const SOURCE_ADDRESSES = {
  ipv4Prefix: '169.254.15.1/24',
  /** fd77:6179:6c61:79::1 to ::8, each /128: "way", "lay" in hexadecimal. */
  ipv6: Array.from({ length: 8 }, (_, index) => `fd77:6179:6c61:79::${index + 1}`)
} as const

export const ROUTING_HEADER = 'x-waylay-id'
export const BAGGAGE_MEMBER = 'waylay-id'
export const DIVERTED_TO_HEADER = 'x-waylay-diverted-to'
export const ERROR_HEADER = 'x-waylay-error'
/** Marks the request by which waylay checks the callers' way: see `Check` in tunnel/control-messages.ts. */
export const NONCE_HEADER = 'x-waylay-nonce'
/** In the answer to such a request: the pod whose proxy gives it. */
export const CHECKED_POD_HEADER = 'x-waylay-pod'

/** The one clock for loss, counted from the last byte received, and for an Intercept from its last renewal. */
export const LOSS = {
  /** A diverted request waits at most this long for a session that has lost its carrier. */
  requestWaitMs: 5000,
  /** Requests wait during this time after the last byte; later they are answered at once. */
  waitingMs: 10_000,
  /** After this the route ends, requests go to the app, and the Intercept is free. */
  endMs: 15_000,
  /** The CLI renews the Intercept's status this often. */
  renewMs: 5000,
  /** A renewal further ahead of the API server's clock than this counts as none. */
  clockSkewMs: 5000
} as const

/** A personal match needs at least one exact header value of this many characters, or it counts as global. */
export const MIN_PERSONAL_VALUE_LENGTH = 8

/** Protocol version of the control stream. Both sides refuse another major version by name. */
export const TUNNEL_PROTOCOL_VERSION = 1

/** Environment of the two injected containers. */
export const INJECTED_ENV = {
  /** JSON of `InjectedConfig`. */
  config: 'WAYLAY_CONFIG',
  podName: 'WAYLAY_POD_NAME',
  podNamespace: 'WAYLAY_POD_NAMESPACE',
  /** Comma-separated, both families (Downward API `status.podIPs`). */
  podIps: 'WAYLAY_POD_IPS'
} as const

/** The emptyDir the two containers share, and the marker in it that says "the rules are written". */
export const SHARED_DIR = '/run/waylay'
export const REDIRECTED_MARKER = 'redirected.json'

/** Mounted Secrets of `waylay.dev/tls-secret`: a folder by the name of each, in the sidecar alone. */
export const TLS_DIR = '/run/waylay-tls'
