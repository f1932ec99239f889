import type { Plugin } from 'esbuild'
import { loadPage } from '../cli/inspect/page-files.ts'

/** Puts the inspector's page, finished, in place of the file that makes it: the one-file program has no sources. */
export const embedPage: Plugin = {
  name: 'embed-page',
  setup (build) {
    build.onLoad({ filter: /[\\/]cli[\\/]inspect[\\/]page-files\.ts$/ }, async () => {
      const page = JSON.stringify(await loadPage())
      return { contents: `export async function loadPage () { return ${page} }`, loader: 'js' }
    })
  }
}
