import { access, constants } from 'node:fs/promises'
import { ensureDebianPackages } from '../cluster/bare/debian.ts'
import { findProgram } from '../cluster/run.ts'

// Chromium before Chrome: the branded one loads no unpacked extension from its command line.
const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'] as const

/** Where it is on machines that do not have it on PATH. */
const PLACES = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe'
] as const

/**
 * The Chromium of this machine: what `WAYLAY_CHROMIUM` names, else the first one found.
 *
 * @throws {Error} Saying how to get one.
 */
export async function findChromium (): Promise<string> {
  const named = process.env['WAYLAY_CHROMIUM']
  if (named !== undefined) {
    if (await isProgram(named)) return named
    throw new Error(`WAYLAY_CHROMIUM is "${named}", which is no program that can be run`)
  }
  for (const name of NAMES) {
    const path = await findProgram(name)
    if (path !== undefined) return path
  }
  for (const path of PLACES) if (await isProgram(path)) return path
  throw new Error('These tests need Chromium, and this machine has none. As root on Debian, "npm test" installs it. ' +
    'Elsewhere install Chromium or Google Chrome, or set WAYLAY_CHROMIUM to its path.')
}

/** The same, but a Debian machine without one gets Debian's. */
export async function ensureChromium (progress: (line: string) => void): Promise<string> {
  return await findChromium().catch(async (reason: unknown) => {
    if (process.env['WAYLAY_CHROMIUM'] !== undefined || await findProgram('apt-get') === undefined) throw reason
    await ensureDebianPackages(['chromium'], progress)
    return await findChromium()
  })
}

async function isProgram (path: string): Promise<boolean> {
  return await access(path, constants.X_OK).then(() => true, () => false)
}
