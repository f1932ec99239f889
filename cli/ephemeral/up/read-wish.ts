import { ANNOTATION_PREFIX, ENVIRONMENT_VARIABLE } from '../../../common/contract.ts'
import { WaylayError } from '../../../common/errors.ts'
import { readEnvironmentName } from '../../../environments/names.ts'
import { exactHeader } from '../../../intercepts/header-match.ts'
import { parseWorkloadName } from '../../workload-name.ts'
import type { EnvironmentWish, ImageWish, VariableWish } from '../wish.ts'
import type { EnvUpFlags } from './up-flags.ts'

type WishFlags = Pick<EnvUpFlags, 'workload' | 'image' | 'env' | 'port' | 'ttl' | 'header' | 'readyPath' | 'keepLabel' |
  'allowSharedConsumers' | 'freshVolumes' | 'ignorePolicies'>

// IANA service name, as containerPort names are.
const PORT_NAME = /^(?=.*[a-z])[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/
// As the API server has them in an Environment.
const MAX_WORKLOADS = 32
const MAX_IMAGE_LENGTH = 1024
// An optional DNS subdomain and a name: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/
const LABEL_KEY = /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
// What the API server takes in every version.
const VARIABLE_NAME = /^[A-Za-z_.-][A-Za-z0-9_.-]*$/
// They mean something to HTTP itself, to a browser or to the app: a request cannot be marked by one.
const TAKEN_HEADERS: ReadonlySet<string> = new Set([
  'host', 'connection', 'content-length', 'transfer-encoding', 'upgrade', 'te', 'trailer', 'keep-alive', 'cookie',
  'authorization', 'baggage'
])

/**
 * Reads what `env up` was asked for.
 *
 * @throws {WaylayError} `WAYLAY_USAGE`, `WAYLAY_HEADER_MALFORMED` naming the flag.
 */
export function readWish (name: string, flags: WishFlags): EnvironmentWish {
  const { workload = [], image = [], env = [], port = [] } = flags
  if (workload.length === 0) {
    throw new WaylayError('WAYLAY_USAGE', 'An environment needs a workload',
      { hint: `Name one or several: waylay env up ${name} --workload payments --image payments=<image>` })
  }
  if (workload.length > MAX_WORKLOADS) {
    throw new WaylayError('WAYLAY_USAGE', `An environment has at most ${MAX_WORKLOADS} workloads, and ${workload.length} are named`)
  }
  return {
    name: readEnvironmentName(name),
    workloads: workload.map(parseWorkloadName),
    images: image.map(readImage),
    variables: env.map(readVariable),
    ports: port.map(readPort),
    ttlMs: flags.ttl,
    header: readHeaderName(flags.header),
    ...(flags.readyPath !== undefined && { readyPath: readPath(flags.readyPath) }),
    keptLabels: (flags.keepLabel ?? []).map(readLabelKey),
    allow: {
      sharedConsumers: flags.allowSharedConsumers === true,
      ...(flags.freshVolumes === true && { freshVolumes: true }),
      unclonedPolicies: flags.ignorePolicies === true
    }
  }
}

/** Only what stands before the first `=` is a key: an image has `/`, `:` and `@`, but never a `=`. */
export function readImage (text: string): ImageWish {
  const at = text.indexOf('=')
  const image = text.slice(at + 1)
  if (image === '' || /\s/.test(image)) throw badImage(text, 'there is no image')
  if (image.length > MAX_IMAGE_LENGTH) throw badImage(text.slice(0, 80), `the image has over ${MAX_IMAGE_LENGTH} characters`)
  if (at === -1) return { image }
  const key = text.slice(0, at)
  if (key === '') throw badImage(text, 'there is no container before the "="')
  // The workload may have its kind in front: deployment/payments/worker.
  const slash = key.lastIndexOf('/')
  if (slash === -1) return { container: key, image }
  const [workload, container] = [key.slice(0, slash), key.slice(slash + 1)]
  if (workload === '' || container === '') throw badImage(text, `"${key}" is no container`)
  return { workload, container, image }
}

/** `KEY=value`, `payments/KEY=value`, `deployment/payments/KEY=value`. A value may hold anything. */
export function readVariable (text: string): VariableWish {
  const at = text.indexOf('=')
  const key = text.slice(0, Math.max(at, 0))
  const slash = key.lastIndexOf('/')
  const name = key.slice(slash + 1)
  const bad = (why: string): WaylayError => new WaylayError('WAYLAY_USAGE', `Cannot read --env ${at === -1 ? text : key}: ${why}`,
    { hint: 'Write a variable and its value: --env LOG_LEVEL=debug, or for one workload: --env payments/LOG_LEVEL=debug' })
  if (at === -1) throw bad('there is no "="')
  if (!VARIABLE_NAME.test(name)) throw bad(`"${name}" is no name of a variable`)
  if (name === ENVIRONMENT_VARIABLE) throw bad(`${name} is the environment's name in every copy`)
  if (slash === 0) throw bad('there is no workload before the "/"')
  return { ...(slash > 0 && { workload: key.slice(0, slash) }), name, value: text.slice(at + 1) }
}

function readPort (text: string): number | string {
  const port = Number(text)
  if (/^\d+$/.test(text) && port > 0 && port < 65_536) return port
  if (PORT_NAME.test(text)) return text
  throw new WaylayError('WAYLAY_USAGE', `Cannot read --port ${text}: it is neither a number from 1 to 65535 nor the name of a port`,
    { hint: 'Name a port of the container: --port 8080 or --port http' })
}

function readLabelKey (text: string): string {
  const isOurs = text.startsWith(ANNOTATION_PREFIX)
  if (LABEL_KEY.test(text) && !isOurs) return text
  throw new WaylayError('WAYLAY_USAGE', `Cannot read --keep-label ${text}: ${isOurs ? 'waylay\'s labels are never copied' : 'that is not the key of a label'}`,
    { hint: 'Write the key as it stands in the original\'s pods: --keep-label example.org/team' })
}

function readHeaderName (text: string): string {
  const { name } = exactHeader(text, 'value')
  if (!TAKEN_HEADERS.has(name)) return name
  throw new WaylayError('WAYLAY_USAGE', `--header ${name}: a request cannot be marked by it, because it means something already`,
    { hint: 'Leave the flag away for x-waylay-id, or name a header of your own: --header x-pull-request' })
}

function readPath (text: string): string {
  if (/^\/[\x21-\x7e]*$/.test(text)) return text
  throw new WaylayError('WAYLAY_USAGE', `Cannot read --ready-path ${text}: a path begins with "/" and has no spaces`,
    { hint: 'Write it as a request has it: --ready-path /healthz' })
}

function badImage (text: string, why: string): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot read --image ${text}: ${why}`,
    { hint: 'Write the container and its image: --image payments=registry.example.org/payments:pr-123' })
}
