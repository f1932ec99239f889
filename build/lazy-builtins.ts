import { isBuiltin } from 'node:module'
import type { Plugin } from 'esbuild'

/**
 * Loads Node's own modules when the module that imports them first runs, as esbuild does with every other module. Left
 * alone, all imports of a bundle stand at its top, and half of the start of `waylay --help` would be `node:https` and
 * the like.
 */
export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup (build) {
    build.onResolve({ filter: /^(node:)?[a-z0-9_/]+$/ }, ({ path }) =>
      isBuiltin(path) ? { path: path.replace(/^node:/, ''), namespace: 'builtin' } : undefined)
    build.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) =>
      ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(`node:${path}`)})`, loader: 'js' }))
  }
}
