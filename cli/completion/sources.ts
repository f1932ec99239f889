import type { CliDeps } from '../deps.ts'
import type { Sources } from './complete.ts'
import type { TypedFlags } from './read-words.ts'

/** The real ones: kubeconfig files for contexts, the cluster for the rest. Loaded only when somebody asks. */
export function createSources (flags: TypedFlags, deps: CliDeps): Sources {
  return {
    contexts: async () => {
      const { listContexts } = await import('../cluster/kubeconfig-contexts.ts')
      return await listContexts(flags['kubeconfig'], deps)
    },
    namespaces: async () => (await import('../cluster/completion-names.ts')).listNamespaceNames(flags, deps),
    workloads: async () => (await import('../cluster/completion-names.ts')).listWorkloadNames(flags, deps),
    services: async () => (await import('../cluster/completion-names.ts')).listServiceNames(flags, deps),
    intercepted: async () => (await import('../cluster/completion-names.ts')).listInterceptedNames(flags, deps),
    grants: async () => (await import('../cluster/completion-names.ts')).listGrantNames(flags, deps),
    links: async () => (await import('../cluster/completion-names.ts')).listLinkNames(flags, deps),
    environments: async () => (await import('../cluster/completion-names.ts')).listEnvironmentNames(flags, deps),
    wishes: async () => {
      const { listWishNames } = await import('../project-file/list-wish-names.ts')
      return await listWishNames(flags['file'], process.cwd())
    }
  }
}
