import { spawn } from 'node:child_process'

export type BrowserPlace = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly platform: NodeJS.Platform
}

/** A program and its words. The URL is always a word of its own: no shell reads it. */
export function browserCommand (url: string, { env, platform }: BrowserPlace): readonly [string, ...string[]] {
  // As `git web--browse` and Python's webbrowser read it: a program, perhaps with words behind it or %s for the URL.
  const [program, ...words] = (env['BROWSER'] ?? '').split(/\s+/).filter(word => word !== '')
  if (program !== undefined) {
    return words.includes('%s') ? [program, ...words.map(word => word === '%s' ? url : word)] : [program, ...words, url]
  }
  if (platform === 'darwin') return ['open', url]
  // `start` belongs to cmd.exe, which would read the URL as its own language.
  return platform === 'win32' ? ['rundll32', 'url.dll,FileProtocolHandler', url] : ['xdg-open', url]
}

/** Opens the URL in the developer's browser. Calls back when that cannot be done. */
export function openBrowser (url: string, place: BrowserPlace, onFailure: (why: string) => void): void {
  const [program, ...words] = browserCommand(url, place)
  const child = spawn(program, words, { stdio: 'ignore', detached: true, env: place.env })
  child.once('error', error => { onFailure(error.message) })
  child.once('exit', code => { if (code !== null && code !== 0) onFailure(`${program} ended with code ${code}`) })
  child.unref()
}
