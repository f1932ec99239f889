import { WaylayError } from '../../common/errors.ts'

// A label of DNS: it becomes part of the name of a ServiceAccount, a RoleBinding and a context.
const NAME = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/
const MAX_LENGTH = 40
const MAX_NAMESPACE_LENGTH = 63

/** @throws {WaylayError} `WAYLAY_USAGE` with a name that would do, where one can be made of it. */
export function checkGrantName (name: string): string {
  if (NAME.test(name) && name.length <= MAX_LENGTH) return name
  const usable = name.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').slice(0, MAX_LENGTH).replace(/^-+|-+$/g, '')
  throw new WaylayError('WAYLAY_USAGE',
    `Cannot use ${JSON.stringify(name.slice(0, 80))} as a name: it is made of lower-case letters, digits and "-", at most ${MAX_LENGTH} characters`,
    { hint: `Write it as ${usable === '' ? 'maria' : usable}` })
}

/** It becomes part of paths. @throws {WaylayError} `WAYLAY_USAGE` */
export function checkNamespaceName (namespace: string): string {
  if (NAME.test(namespace) && namespace.length <= MAX_NAMESPACE_LENGTH) return namespace
  throw new WaylayError('WAYLAY_USAGE', `${JSON.stringify(namespace.slice(0, 80))} is no name of a namespace`,
    { hint: 'List them: kubectl get namespaces' })
}
