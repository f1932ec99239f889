import type { Plugin } from 'esbuild'
import { VERSION } from '../common/version.ts'

/**
 * The next minor version. Of these same sources, two versions stand beside each other in the tests: what is one minor
 * apart must work together.
 */
export const NEXT_VERSION = VERSION.replace(/^(\d+)\.(\d+)\.\d+$/, (_, major, minor) => `${major}.${Number(minor) + 1}.0`)

/** Makes a program say another version than that of its sources. */
export function asVersion (version: string): Plugin {
  return {
    name: 'as-version',
    setup (build) {
      build.onLoad({ filter: /[\\/]common[\\/]version\.ts$/ }, () =>
        ({ contents: `export const VERSION = ${JSON.stringify(version)}`, loader: 'js' }))
    }
  }
}
