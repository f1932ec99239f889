import { homedir } from 'node:os'
import { join } from 'node:path'

/** The folder for what is built once per machine. It is outside the checkout so that every clone shares it. */
export function cacheFolder (env: NodeJS.ProcessEnv = process.env): string {
  if (env['WAYLAY_CACHE']) return env['WAYLAY_CACHE']
  return join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'waylay')
}
