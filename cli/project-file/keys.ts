/** What a value may be; docs/waylay.schema.json says the same to editors, and a test holds the two together. */
export type KeyKind = 'text' | 'flag' | 'texts' | 'ports' | 'command' | 'variables'

/** Keys of the whole file. */
export const FILE_KEYS = {
  context: 'text',
  namespace: 'text',
  id: 'text',
  intercepts: 'intercepts'
} as const

/** Keys of one intercept: those that are flags of `waylay intercept` too have their names. */
export const INTERCEPT_KEYS = {
  workload: 'text',
  namespace: 'text',
  port: 'ports',
  id: 'text',
  'http-header': 'texts',
  'no-http-header': 'flag',
  'http-path-equal': 'text',
  'http-path-prefix': 'text',
  'http-path-glob': 'text',
  method: 'texts',
  global: 'flag',
  'take-over': 'flag',
  'host-header': 'text',
  run: 'command',
  dir: 'text',
  env: 'variables'
} as const satisfies Record<string, KeyKind>

export type InterceptKey = keyof typeof INTERCEPT_KEYS
