import { PEER_PORT, type Side } from './side.ts'

/** The app in namespaces without any rule. */
export const direct: Side = {
  name: 'direct',
  about: 'the app alone, no rule in the namespace',
  start: async () => ({ process: undefined, listener: undefined })
}

/**
 * The app in a namespace with one rule that no packet fits: what the kernel's connection tracking costs, which comes
 * with any rule in a nat table, whoever writes it.
 */
export const nat: Side = {
  name: 'nat',
  about: 'the app alone, one nat rule in the namespace that no packet fits',
  start: async ({ pod }) => {
    pod.redirect(PEER_PORT, UNUSED_PORT)
    return { process: undefined, listener: undefined }
  }
}

const UNUSED_PORT = 9
