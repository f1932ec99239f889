/**
 * Modules of Node that most pods never need: together 20 MiB, in each of them. An `import` in a bundle would load them
 * at start, whatever file it stands in.
 */
export function nodeHttp (): typeof import('node:http') {
  return process.getBuiltinModule('node:http')
}

export function nodeTls (): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls')
}
