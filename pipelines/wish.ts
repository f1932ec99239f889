import { environmentNameOf } from './name.ts'

/** What a pipeline asks for. Texts are taken as they came: the command line says what is wrong with them. */
export type Wish = {
  readonly name: string
  readonly namespace: string
  /** Each goes to its flag once for each line. */
  readonly workloads: readonly string[]
  readonly images: readonly string[]
  readonly variables: readonly string[]
  readonly ports: readonly string[]
  readonly ttl: string
  readonly header: string
  readonly readyPath: string
  readonly timeout: string
  /** Where the link for browsers leads. */
  readonly service: string
  /** False: `up` does not wait until a marked request was answered. */
  readonly isAwaited: boolean
}

/** An input or a variable of the job, by its name: `workloads`; empty where it was not given. */
export type WishText = (name: string) => string

// A working day: what is pushed renews it.
const DEFAULT_TTL = '8h'

/** @throws {Error} where no name can be made. */
export function readWish (text: WishText, defaultName: string): Wish {
  return {
    name: environmentNameOf(text('name') || defaultName),
    namespace: text('namespace'),
    workloads: linesOf(text('workloads')),
    images: linesOf(text('images')),
    variables: linesOf(text('env')),
    ports: linesOf(text('ports')),
    ttl: text('ttl') || DEFAULT_TTL,
    header: text('header'),
    readyPath: text('ready-path'),
    timeout: text('timeout'),
    service: text('service'),
    isAwaited: text('wait') !== 'false'
  }
}

/** Words for `waylay`, each a word of its own: no shell reads them. */
export function upWords (wish: Wish): readonly string[] {
  return [
    'env', 'up', wish.name,
    ...flags('--workload', wish.workloads), ...flags('--image', wish.images), ...flags('--env', wish.variables),
    ...flags('--port', wish.ports), ...flags('--ttl', [wish.ttl]), ...flags('--header', [wish.header]),
    ...flags('--ready-path', [wish.readyPath]), ...flags('--timeout', [wish.timeout]), ...inNamespace(wish),
    ...wish.isAwaited ? [] : ['--no-wait'], '--output', 'json'
  ]
}

export function downWords (wish: Wish): readonly string[] {
  return ['env', 'down', wish.name, ...inNamespace(wish)]
}

export function urlWords (wish: Wish): readonly string[] {
  return ['env', 'url', wish.name, ...flags('--service', [wish.service]), ...inNamespace(wish), '--output', 'json']
}

function inNamespace ({ namespace }: Wish): readonly string[] {
  return flags('--namespace', [namespace])
}

/** With `=`: a value that begins with a dash is none of our flags. */
function flags (flag: string, values: readonly string[]): readonly string[] {
  return values.filter(value => value !== '').map(value => `${flag}=${value}`)
}

/** Lines of a text, without the spaces around them; empty ones and those that begin with # are none. */
function linesOf (text: string): readonly string[] {
  return text.split('\n').map(line => line.trim()).filter(line => line !== '' && !line.startsWith('#'))
}
