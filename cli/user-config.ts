import { randomUUID } from 'node:crypto'
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { WaylayError } from '../common/errors.ts'
import { newRoutingValue } from '../intercepts/label.ts'

/** Where the user's waylay configuration lies: the environment and the home folder are handed in. */
export type ConfigPlace = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly homeDir: string
  /** The machine's own, where none is named. */
  readonly platform?: NodeJS.Platform
}

/** `$WAYLAY_CONFIG_DIR`, else `$XDG_CONFIG_HOME/waylay`, else `%APPDATA%\waylay` (Windows), else `~/.config/waylay`. */
export function configFile ({ env, homeDir, platform = process.platform }: ConfigPlace): string {
  const { join } = platform === 'win32' ? path.win32 : path
  const base = env['XDG_CONFIG_HOME'] || (platform === 'win32' && env['APPDATA']) || join(homeDir, '.config')
  return join(env['WAYLAY_CONFIG_DIR'] || join(base, 'waylay'), 'config.json')
}

/**
 * The routing value of this user, made at the first call and kept: the same in every terminal and after every restart,
 * so that a bookmark or a browser extension goes on working.
 *
 * @throws {WaylayError} `WAYLAY_USAGE` naming the file that cannot be read or written.
 */
export async function readRoutingValue (place: ConfigPlace, userName: string): Promise<string> {
  const file = configFile(place)
  const kept = await readKept(file)
  if (kept !== undefined) return kept
  const fresh = newRoutingValue(userName)
  try {
    if (await keep(file, fresh)) return fresh
  } catch (cause) {
    throw new WaylayError('WAYLAY_USAGE', `Cannot write ${file}: ${(cause as Error).message}`,
      { cause, hint: 'Set WAYLAY_CONFIG_DIR to a folder you may write to, or give the value with --id.' })
  }
  // Another first run was faster: its value counts.
  return await readKept(file) ?? fresh
}

async function readKept (file: string): Promise<string | undefined> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw broken(file, (cause as Error).message, cause)
  }
  try {
    const value = (JSON.parse(text) as { routingValue?: unknown } | null)?.routingValue
    if (typeof value === 'string' && value !== '') return value
  } catch (cause) {
    throw broken(file, 'it is not JSON', cause)
  }
  throw broken(file, 'it has no "routingValue"')
}

function broken (file: string, why: string, cause?: unknown): WaylayError {
  return new WaylayError('WAYLAY_USAGE', `Cannot read ${file}: ${why}`,
    { cause, hint: `Remove it, and a new one is made: rm ${file}` })
}

/** False when the file is there already. A link is atomic and never overwrites, unlike a rename. */
async function keep (file: string, routingValue: string): Promise<boolean> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const draft = `${file}.${randomUUID()}`
  // Whoever knows the value reaches the developer's program: for the owner's eyes only.
  await writeFile(draft, `${JSON.stringify({ routingValue }, null, 2)}\n`, { mode: 0o600 })
  try {
    await link(draft, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(draft, { force: true })
  }
}
