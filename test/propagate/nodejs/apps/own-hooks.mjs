/** Modules that lie in no file, as loaders of an app make them. */
import { registerHooks } from 'node:module'

const MADE = 'file:///nowhere/made.cjs'

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'app:made' ? { url: MADE, format: 'commonjs', shortCircuit: true } : next(specifier, context),
  load: (url, context, next) =>
    url === MADE ? { source: 'module.exports = "made"', format: 'commonjs', shortCircuit: true } : next(url, context)
})

await import('app:made')
