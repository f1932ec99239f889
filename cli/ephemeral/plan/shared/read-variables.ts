import { toWaylayError } from '../../../../common/errors.ts'
import { getConfigObject } from '../../../cluster/config-objects.ts'
import type { Cluster } from '../../../cluster/kubeconfig.ts'
import type { EnvVar } from '../../../cluster/pod-spec.ts'
import type { TemplateContainer } from '../pod-template.ts'
import type { FoundVariable } from './found-variable.ts'

/** Reads ConfigMaps, each once. Secrets are never read. */
export type VariableReader = {
  /** The variables of a container, later ones instead of earlier ones of their name. */
  variablesOf (container: TemplateContainer): Promise<readonly FoundVariable[]>
  /** ConfigMaps that we may not read. */
  readonly unseen: ReadonlySet<string>
}

type Data = ReadonlyMap<string, Buffer>

/** Values are looked at as far as they stand in templates and ConfigMaps. */
export function createVariableReader (cluster: Cluster, namespace: string): VariableReader {
  const unseen = new Set<string>()
  const known = new Map<string, Promise<Data>>()
  const read = async (name: string): Promise<Data> => {
    try {
      return (await getConfigObject(cluster, 'ConfigMap', namespace, name))?.data ?? new Map<string, Buffer>()
    } catch (error) {
      if (toWaylayError(error).code !== 'WAYLAY_FORBIDDEN') throw error
      unseen.add(name)
      return new Map<string, Buffer>()
    }
  }
  const dataOf = async (name: string): Promise<Data> => {
    const data = known.get(name) ?? read(name)
    known.set(name, data)
    return await data
  }
  const valueOf = async ({ value, valueFrom }: EnvVar): Promise<string | undefined> => {
    if (valueFrom === undefined) return value ?? ''
    const { name = '', key = '' } = valueFrom.configMapKeyRef ?? {}
    return name === '' ? undefined : (await dataOf(name)).get(key)?.toString('utf8')
  }
  return {
    unseen,
    async variablesOf ({ env = [], envFrom = [] }) {
      const variables = new Map<string, string | undefined>()
      for (const { prefix = '', configMapRef } of envFrom) {
        if (configMapRef?.name === undefined) continue
        for (const [key, bytes] of await dataOf(configMapRef.name)) variables.set(prefix + key, bytes.toString('utf8'))
      }
      for (const variable of env) variables.set(variable.name, await valueOf(variable))
      return [...variables].map(([name, value]) => ({ name, value }))
    }
  }
}
