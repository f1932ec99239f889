import { assertNever } from '../../common/assert-never.ts'
import { readHostHeader } from '../../intercepts/host-header.ts'
import type { OwnCommand } from '../child/own-command.ts'
import { parseDeveloperPort, type DeveloperPort } from '../developer-port.ts'
import { readMatchFlag, type MatchFlags } from '../match-flags.ts'
import { parseWorkloadName, type WorkloadName } from '../workload-name.ts'
import { FILE_KEYS, INTERCEPT_KEYS, type InterceptKey } from './keys.ts'
import { YamlReader, type Entry } from './yaml-reader.ts'

/** waylay.yaml, read. */
export type ProjectFile = {
  readonly context?: string
  readonly namespace?: string
  readonly intercepts: readonly FileIntercept[]
}

/** One intercept of the file. */
export type FileIntercept = {
  readonly name: string
  readonly workload: WorkloadName
  readonly namespace?: string
  readonly ports: readonly DeveloperPort[]
  readonly match: MatchFlags
  readonly takeOver: boolean
  readonly hostHeader?: string
  readonly command?: OwnCommand
  /** As written: beside the file, if it is not absolute. */
  readonly dir?: string
  readonly env: Readonly<Record<string, string>>
}

// What a terminal can show before a line, and a shell takes without quotes.
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/

/**
 * Reads the text of a waylay.yaml.
 *
 * @param file its name, for messages.
 * @throws {WaylayError} `WAYLAY_FILE_MALFORMED` with file and line.
 */
export function parseProjectFile (
  file: string, text: string, env: Readonly<Record<string, string | undefined>>
): ProjectFile {
  const reader = new YamlReader(file, text, env)
  const found = reader.entries(reader.root, 'the file', Object.keys(FILE_KEYS))
  const entries = new Map(found.map(entry => [entry.key, entry]))
  const textOf = (key: 'context' | 'namespace' | 'id'): string | undefined => {
    const entry = entries.get(key)
    return entry === undefined ? undefined : reader.text(entry.value, key)
  }
  const [context, namespace, id] = [textOf('context'), textOf('namespace'), textOf('id')]
  const listed = entries.get('intercepts')
  if (listed === undefined) throw reader.faultAt(reader.root, 'there is no key "intercepts"')
  const intercepts = reader.entries(listed.value, '"intercepts"').map(entry => readIntercept(reader, entry, id))
  if (intercepts.length === 0) throw reader.faultAt(listed.value, '"intercepts" holds none')
  return {
    intercepts,
    ...(context !== undefined && { context }),
    ...(namespace !== undefined && { namespace })
  }
}

type Draft = {
  workload?: WorkloadName
  namespace?: string
  ports?: readonly DeveloperPort[]
  match: { -readonly [Key in keyof MatchFlags]: MatchFlags[Key] }
  takeOver: boolean
  hostHeader?: string
  command?: OwnCommand
  dir?: string
  env: Readonly<Record<string, string>>
}

function readIntercept (reader: YamlReader, { key: name, value }: Entry, id: string | undefined): FileIntercept {
  if (!NAME.test(name)) throw reader.faultAt(value, `"${name}" is no name for an intercept: letters, digits, ".", "_", "-"`)
  const draft: Draft = { match: {}, takeOver: false, env: {} }
  for (const entry of reader.entries(value, `the intercept "${name}"`, Object.keys(INTERCEPT_KEYS))) {
    reader.at(entry.value, () => { readKey(reader, entry, draft) })
  }
  const { ports, workload = reader.at(value, () => parseWorkloadName(name)), ...rest } = draft
  if (ports === undefined) throw reader.faultAt(value, `the intercept "${name}" has no key "port": where your program listens`)
  const { match } = draft
  // The file's id stands in for the user's own value, wherever that would be asked for.
  const isOwnValue = match.id === undefined && match.global !== true && match.httpHeader === undefined
  if (id !== undefined && isOwnValue) match.id = id
  return { ...rest, name, ports, workload }
}

function readKey (reader: YamlReader, { key, value }: Entry, draft: Draft): void {
  const name = key as InterceptKey
  switch (name) {
    case 'workload': draft.workload = parseWorkloadName(reader.text(value, key)); break
    case 'namespace': draft.namespace = reader.text(value, key); break
    case 'port': draft.ports = reader.texts(value, key).map(parseDeveloperPort); break
    case 'http-header':
    case 'method': for (const text of reader.texts(value, key)) readMatchFlag(draft.match, name, text); break
    case 'id':
    case 'http-path-equal':
    case 'http-path-prefix':
    case 'http-path-glob': readMatchFlag(draft.match, name, reader.text(value, key)); break
    case 'no-http-header': if (reader.flag(value, key)) draft.match.httpHeader = false; break
    case 'global': if (reader.flag(value, key)) draft.match.global = true; break
    case 'take-over': draft.takeOver = reader.flag(value, key); break
    case 'host-header': draft.hostHeader = readHostHeader(reader.text(value, key)); break
    case 'run': draft.command = readCommand(reader, value); break
    case 'dir': draft.dir = reader.text(value, key); break
    case 'env': draft.env = readVariables(reader, value); break
    default: assertNever(name)
  }
}

/** A line goes to the shell, which puts variables in itself; a list is a program and its arguments. */
function readCommand (reader: YamlReader, value: Entry['value']): OwnCommand {
  if (reader.isList(value)) return { kind: 'words', words: reader.texts(value, 'run') }
  const line = reader.text(value, 'run', true)
  if (line.trim() === '') throw reader.faultAt(value, 'run names no program')
  return { kind: 'line', line }
}

function readVariables (reader: YamlReader, value: Entry['value']): Readonly<Record<string, string>> {
  return Object.fromEntries(reader.entries(value, '"env"').map(entry => [entry.key, reader.text(entry.value, entry.key)]))
}
