import {
  ANNOTATION_PREFIX, INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME
} from '../../common/contract.ts'
import type { Intercept } from '../../intercepts/object.ts'
import type { Pod } from '../cluster/pods.ts'

// Nothing is taken out of objects here: what may be shown is copied, so that what nobody thought of stays out.

const MASK = '***'

/** An Intercept without what lets anybody into the developer's program. */
export function redactIntercept ({ metadata, spec, status }: Intercept): object {
  const { name, namespace, creationTimestamp, uid } = metadata
  const { workload, port, global, owner, fence, host, match } = spec
  return {
    name,
    namespace,
    uid,
    creationTimestamp,
    workload,
    port,
    global,
    owner,
    fence,
    host,
    match: { ...match, headers: listOf(match?.headers).map(({ type, name }) => ({ type, name, value: MASK })) },
    hasTicket: spec.ticket !== undefined,
    hasSessionKey: spec.sessionKey !== undefined,
    renewTime: status?.renewTime,
    requests: status?.requests,
    pods: status?.pods
  }
}

const OUR_CONTAINERS: readonly string[] = [INIT_CONTAINER_NAME, PROPAGATE_CONTAINER_NAME, PROXY_CONTAINER_NAME]

/** A pod, as far as it is waylay's. */
export function redactPod ({ metadata, status }: Pod): object {
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([key]) => key.startsWith(ANNOTATION_PREFIX))
  return {
    name: metadata.name,
    namespace: metadata.namespace,
    annotations: Object.fromEntries(annotations),
    phase: status?.phase,
    containers: listOf(status?.initContainerStatuses)
      .filter(({ name }) => OUR_CONTAINERS.includes(name))
      .map(({ name, image, restartCount, state, lastState }) => ({ name, image, restartCount, state, lastState }))
  }
}

/** Values that must not stand in any text: what was masked above may have been written into a log by a bug. */
export function secretsOf (intercepts: readonly Intercept[]): readonly string[] {
  const found = intercepts.flatMap(({ spec }) =>
    [...listOf(spec.match?.headers).map(({ value }) => value), spec.ticket, spec.sessionKey])
  return found.filter((text): text is string => typeof text === 'string' && text.length >= 4)
    // A value that holds another one goes first.
    .sort((a, b) => b.length - a.length)
}

// A bearer token, a JSON Web Token, a PEM block, user and password in a URL.
const SECRET_SHAPES = [
  /\b(Bearer|Basic)\s+[\w.~+/=-]+/gi,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]*/g,
  /-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g,
  /\/\/[^\s/@]+:[^\s/@]+@/g
]

/** A text without known secrets, and without what looks like one. */
export function redactText (text: string, secrets: readonly string[]): string {
  const known = secrets.reduce((before, secret) => before.replaceAll(secret, MASK), text)
  return SECRET_SHAPES.reduce((before, shape) => before.replace(shape, MASK), known)
}

function listOf<T> (items: readonly T[] | undefined): readonly T[] {
  // Whoever writes objects by hand may have written anything.
  return Array.isArray(items) ? items as readonly T[] : []
}
