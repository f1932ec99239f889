import { readFile } from 'node:fs/promises'
import type { Plugin } from 'esbuild'

const KEY = 'opentelemetry.js.api.'

/**
 * Gives the copy of @opentelemetry/api in a bundle a place of its own on `globalThis`. An app may bring its
 * OpenTelemetry, and the first that registers there keeps all others out.
 */
export const ownOtelGlobal: Plugin = {
  name: 'own-otel-global',
  setup (build) {
    build.onLoad({ filter: /@opentelemetry[\\/]api[\\/].*[\\/]global-utils\.[cm]?js$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      if (text.split(KEY).length !== 2) throw new Error(`${path} does not name "${KEY}" once`)
      return { contents: text.replace(KEY, `waylay.propagate.${KEY}`), loader: 'js' }
    })
  }
}
