import path from 'node:path'

/** What tells Windows' programs apart. */
export type WindowsDeps = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly exists: (file: string) => boolean
}

export type Spawned = {
  readonly file: string
  readonly args: readonly string[]
  /** The arguments are quoted already. */
  readonly isVerbatim: boolean
}

const DEFAULT_EXTENSIONS = '.COM;.EXE;.BAT;.CMD'

/**
 * How a program and its arguments are started on Windows. `npm`, `npx` and most tools of Node are batch files there,
 * which only the shell can start; and a shell reads its line anew, so all in it is quoted for cmd.exe, twice over
 * because a batch file hands its arguments on through one more line.
 *
 * @returns undefined when there is no such program.
 */
export function windowsCommand (words: readonly string[], deps: WindowsDeps): Spawned | undefined {
  const [name = '', ...args] = words
  const file = findProgram(name, deps)
  if (file === undefined) return undefined
  if (/\.(exe|com)$/i.test(file)) return { file, args, isVerbatim: false }
  return throughShell([escapeMeta(file), ...args.map(escapeArgument)].join(' '), deps)
}

/** A line that is for cmd.exe as it stands. */
export function throughShell (line: string, { env }: WindowsDeps): Spawned {
  return { file: readVariable(env, 'ComSpec') ?? 'cmd.exe', args: ['/d', '/s', '/c', `"${line}"`], isVerbatim: true }
}

function findProgram (name: string, { env, exists }: WindowsDeps): string | undefined {
  const extensions = (readVariable(env, 'PATHEXT') ?? DEFAULT_EXTENSIONS).split(';').filter(Boolean)
  const folders = /[\\/]/.test(name) ? [''] : ['.', ...(readVariable(env, 'Path') ?? '').split(';').filter(Boolean)]
  const endings = path.win32.extname(name) === '' ? extensions : ['', ...extensions]
  for (const folder of folders) {
    for (const ending of endings) {
      const file = path.win32.join(folder, `${name}${ending}`)
      if (exists(file)) return file
    }
  }
  return undefined
}

/** Names of variables have no case on Windows, but a copy of its environment has. */
function readVariable (env: WindowsDeps['env'], name: string): string | undefined {
  const found = Object.keys(env).find(key => key.toLowerCase() === name.toLowerCase())
  return found === undefined ? undefined : env[found] || undefined
}

// What cmd.exe reads for itself, in and outside of quotes: https://ss64.com/nt/syntax-esc.html
const META = /[()\][%!^"`<>&|;, *?]/g

function escapeMeta (text: string): string {
  return text.replace(META, '^$&')
}

/** Quoted as programs read their arguments (backslashes count before a quote only), then twice for the shell. */
function escapeArgument (text: string): string {
  const quoted = `"${text.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, '$1$1')}"`
  return escapeMeta(escapeMeta(quoted))
}
