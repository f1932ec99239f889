import { ANNOTATIONS } from '../common/contract.ts'

type NamespaceObject = {
  readonly metadata?: { readonly name?: string, readonly annotations?: Readonly<Record<string, string>> }
}

/** Which namespaces allow previews, kept up to date from outside. */
export type Namespaces = {
  readonly put: (namespace: NamespaceObject) => void
  readonly remove: (namespace: NamespaceObject) => void
  readonly allowsPreviews: (name: string) => boolean
}

export function createNamespaces (): Namespaces {
  const allowing = new Set<string>()
  return {
    put: ({ metadata: { name = '', annotations = {} } = {} }) => {
      if (annotations[ANNOTATIONS.previews] === 'allow') allowing.add(name)
      else allowing.delete(name)
    },
    remove: ({ metadata: { name = '' } = {} }) => { allowing.delete(name) },
    allowsPreviews: name => allowing.has(name)
  }
}
