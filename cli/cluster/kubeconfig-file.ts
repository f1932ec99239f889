import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { WaylayError } from '../../common/errors.ts'

/** The environment and the home folder, handed in by whoever may look at them. */
export type Place = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDir: string
}

/** One entry of `clusters`, as it is written: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1 */
export type ClusterEntry = {
  readonly server?: string
  readonly 'tls-server-name'?: string
  readonly 'insecure-skip-tls-verify'?: boolean
  readonly 'certificate-authority'?: string
  readonly 'certificate-authority-data'?: string
  readonly 'proxy-url'?: string
  readonly extensions?: readonly { readonly name?: string, readonly extension?: unknown }[]
}

/** One entry of `users`. */
export type UserEntry = {
  readonly 'client-certificate'?: string
  readonly 'client-certificate-data'?: string
  readonly 'client-key'?: string
  readonly 'client-key-data'?: string
  readonly token?: string
  readonly tokenFile?: string
  readonly username?: string
  readonly password?: string
  readonly as?: string
  readonly 'as-uid'?: string
  readonly 'as-groups'?: readonly string[]
  readonly 'as-user-extra'?: Readonly<Record<string, readonly string[]>>
  readonly 'auth-provider'?: { readonly name?: string }
  readonly exec?: ExecEntry
}

export type ExecEntry = {
  readonly apiVersion?: string
  readonly command?: string
  readonly args?: readonly string[] | null
  readonly env?: readonly { readonly name: string, readonly value: string }[] | null
  readonly installHint?: string
  readonly provideClusterInfo?: boolean
  readonly interactiveMode?: 'Never' | 'IfAvailable' | 'Always'
}

export type ContextEntry = { readonly cluster?: string, readonly user?: string, readonly namespace?: string }

/** What the files say together. */
export type Kubeconfig = {
  readonly currentContext: string
  readonly contexts: ReadonlyMap<string, ContextEntry>
  readonly clusters: ReadonlyMap<string, ClusterEntry>
  readonly users: ReadonlyMap<string, UserEntry>
}

/**
 * Reads the files as kubectl does: only `file` where one is named, else those of KUBECONFIG, of which the first that
 * says something wins and those that do not exist are passed over, else ~/.kube/config.
 *
 * @returns undefined where there is no file at all.
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER` naming a file that cannot be read.
 */
export function loadKubeconfig (file: string | undefined, place: Place): Kubeconfig | undefined {
  const files = file !== undefined ? [file] : defaultFiles(place)
  const found = files.map(name => readOne(name, file !== undefined)).filter(one => one !== undefined)
  if (found.length === 0) return undefined
  return {
    currentContext: found.map(one => one.currentContext).find(name => name !== '') ?? '',
    contexts: firstWins(found.map(({ contexts }) => contexts)),
    clusters: firstWins(found.map(({ clusters }) => clusters)),
    users: firstWins(found.map(({ users }) => users))
  }
}

function defaultFiles ({ env, homeDir }: Place): readonly string[] {
  const named = (env['KUBECONFIG'] ?? '').split(path.delimiter).filter(name => name !== '')
  if (named.length > 0) return [...new Set(named)]
  // kubectl looks at HOME first also where the system has another idea of home.
  const homes = [env['HOME'] ?? '', homeDir].filter(home => home !== '')
  return [...new Set(homes.map(home => path.join(home, '.kube', 'config')))].slice(0, process.platform === 'win32' ? 2 : 1)
}

function readOne (file: string, mustExist: boolean): Kubeconfig | undefined {
  let text
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    if (!mustExist && (cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw unreadable(file, cause instanceof Error ? cause.message : String(cause), cause)
  }
  return readKubeconfigText(text, file, path.dirname(path.resolve(file)))
}

/**
 * Reads a kubeconfig.
 *
 * @param name what it is called in messages.
 * @param folder where the paths in it start.
 * @throws {WaylayError} `WAYLAY_NO_CLUSTER`.
 */
export function readKubeconfigText (text: string, name: string, folder: string): Kubeconfig {
  let document
  try {
    // JSON is YAML, and read far sooner by its own parser.
    // A warning of the parser would print the line that it is about, which may be that of a token.
    document = (text.trimStart().startsWith('{') ? JSON.parse(text) : parse(text, { logLevel: 'error' })) as Record<string, unknown> | null
  } catch (cause) {
    throw unreadable(name, cause instanceof Error ? cause.message : String(cause), cause)
  }
  if (typeof document !== 'object') throw unreadable(name, 'it is no kubeconfig')
  const { 'current-context': current, contexts, clusters, users } = document ?? {}
  return {
    currentContext: typeof current === 'string' ? current : '',
    contexts: entriesOf<ContextEntry>(name, contexts, 'context'),
    clusters: mapValues(entriesOf<ClusterEntry>(name, clusters, 'cluster'), entry => absolute(entry, folder, CLUSTER_FILES)),
    users: mapValues(entriesOf<UserEntry>(name, users, 'user'), entry => absoluteUser(entry, folder))
  }
}

/** `[{ name, <key>: {…} }]` by name; what has no name cannot be meant by anybody. */
function entriesOf<Entry extends object> (file: string, list: unknown, key: string): ReadonlyMap<string, Entry> {
  if (list === undefined || list === null) return new Map()
  if (!Array.isArray(list)) throw unreadable(file, `"${key}s" is not a list`)
  const entries = (list as readonly ({ readonly name?: unknown } & Readonly<Record<string, unknown>> | null)[])
    .flatMap((item): readonly (readonly [string, Entry])[] =>
      typeof item?.name === 'string' ? [[item.name, (item[key] ?? {}) as Entry]] : [])
  return firstWins([entries])
}

const CLUSTER_FILES = ['certificate-authority'] as const
const USER_FILES = ['client-certificate', 'client-key', 'tokenFile'] as const

/** Paths in a kubeconfig start where that file lies. */
function absolute<Entry extends object> (entry: Entry, folder: string, keys: readonly (keyof Entry)[]): Entry {
  const given = keys.filter(key => typeof entry[key] === 'string' && entry[key] !== '')
  return { ...entry, ...Object.fromEntries(given.map(key => [key, path.resolve(folder, entry[key] as string)])) }
}

/** A bare name of a plugin is looked for on PATH, one with a slash lies beside the kubeconfig. */
function absoluteUser (entry: UserEntry, folder: string): UserEntry {
  const { exec } = entry
  const command = exec?.command
  return {
    ...absolute(entry, folder, USER_FILES),
    ...(exec && command !== undefined && /[/\\]/.test(command) && { exec: { ...exec, command: path.resolve(folder, command) } })
  }
}

function mapValues<Value> (
  map: ReadonlyMap<string, Value>, change: (value: Value) => Value
): ReadonlyMap<string, Value> {
  return new Map([...map].map(([name, value]) => [name, change(value)]))
}

function firstWins<Value> (maps: readonly Iterable<readonly [string, Value]>[]): ReadonlyMap<string, Value> {
  const merged = new Map<string, Value>()
  for (const [name, value] of maps.flatMap(map => [...map])) if (!merged.has(name)) merged.set(name, value)
  return merged
}

function unreadable (file: string, why: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_NO_CLUSTER', `Cannot read the kubeconfig ${file}: ${why}`, { cause })
}
