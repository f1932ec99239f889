import type { Side } from './side.ts'

/** The app in namespaces without any rule. */
export const direct: Side = {
  name: 'direct',
  about: 'the app alone, no rule in the namespace',
  start: async () => ({ process: undefined, listener: undefined })
}
